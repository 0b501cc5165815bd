import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeHandshake,
  encodeHello,
  encodeRefusal,
  encodeWelcome,
  readsRichFrames,
} from '../../src/protocol/handshake.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('decodeHandshake', () => {
  it.each([
    ['M', { kind: 'hello', version: '' }],
    ['Mwhatever', { kind: 'hello', version: 'whatever' }],
    ['Aid1', { kind: 'welcome', id: 'id1' }],
    ['A', { kind: 'welcome', id: '' }],
    ['A;M\nH', { kind: 'welcome', id: ';M\nH' }],
    ['Hnope; sorry', { kind: 'refusal', text: 'nope; sorry' }],
    ['A\uFEFFid', { kind: 'welcome', id: '\uFEFFid' }],
  ])('reads %j by its first byte, in text and binary frames', (frame, expected) => {
    expect(decodeHandshake(frame)).toEqual(expected);
    expect(decodeHandshake(bytes(frame))).toEqual(expected);
  });

  it.each(['', 'm', 'a', 'h', ' M', '$1;default;;_OnNamespaceConnect;0;0;', ';;;;;;', '\0', 'é'])(
    'gives other for %j',
    (frame) => {
      expect(decodeHandshake(frame)).toEqual({ kind: 'other' });
      expect(decodeHandshake(bytes(frame))).toEqual({ kind: 'other' });
    },
  );

  it('never throws, whatever bytes follow the first', () => {
    fc.assert(
      fc.property(fc.constantFrom(...bytes('MAH')), fc.uint8Array(), (first, rest) => {
        expect(decodeHandshake(Uint8Array.of(first, ...rest)).kind).not.toBe('other');
      }),
    );
  });
});

describe('encodeHello, encodeWelcome and encodeRefusal', () => {
  it('write frames that decodeHandshake reads back', () => {
    expect(encodeHello()).toBe('M');
    expect(encodeHello({ richFrames: true })).toBe('Mnefeli/1');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeHandshake(encodeWelcome(text))).toEqual({ kind: 'welcome', id: text });
        expect(decodeHandshake(encodeRefusal(text))).toEqual({ kind: 'refusal', text });
      }),
    );
  });
});

describe('readsRichFrames', () => {
  it('holds for the hello that says so, and for no other', () => {
    const versionOf = (hello: string): string => {
      const frame = decodeHandshake(hello);
      return frame.kind === 'hello' ? frame.version : 'none';
    };

    expect(readsRichFrames(versionOf(encodeHello({ richFrames: true })))).toBe(true);
    expect(
      ['', '1', 'nefeli', 'nefeli/', 'nefeli/2', 'nefeli/10', 'Nefeli/1', ' nefeli/1'].filter(readsRichFrames),
    ).toEqual([]);
    expect(readsRichFrames(versionOf(encodeHello()))).toBe(false);
  });

  it('holds, too, for the hello that says more behind a semicolon', () => {
    const versions = ['nefeli/1;', 'nefeli/1;recover=abc', 'nefeli/1;a;b'];

    expect(versions.filter(readsRichFrames)).toEqual(versions);
    expect(['nefeli/1,recover', 'nefeli/2;', 'nefeli/1 ;', ';nefeli/1'].filter(readsRichFrames)).toEqual([]);
  });
});
