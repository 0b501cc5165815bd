import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeMessage } from '../../src/protocol/codec.js';
import { isForgedToken, isReplyToken, makeToken } from '../../src/protocol/wait-token.js';

describe('isReplyToken', () => {
  it.each([
    ['', false, false],
    ['$1', false, true],
    ['$', false, true],
    ['#1', true, true],
    ['#', true, true],
    ['999', true, false],
    ['n0123456789abcdef', true, false],
    ['1732000000000000000-abcdef01', true, false],
    ['__proto__', true, false],
  ])('tells whether %j answers an ask: of a server %s, of a client %s', (wait, onServer, onClient) => {
    expect(isReplyToken(wait, 'server')).toBe(onServer);
    expect(isReplyToken(wait, 'client')).toBe(onClient);
  });

  it('takes no token but a confirmation for a reply on both ends, so that nothing is answered for ever', () => {
    fc.assert(
      fc.property(
        fc.string().filter((wait) => wait !== '' && !wait.startsWith('#')),
        (wait) => isReplyToken(wait, 'server') !== isReplyToken(wait, 'client'),
      ),
    );
  });
});

describe('isForgedToken', () => {
  it.each(['$!35', 'n!effos.default', '1!', '!!', 'neffos(0x', 'neffos(0xabc)'])('says yes to %j', (wait) => {
    expect(isForgedToken(wait)).toBe(true);
  });

  it.each(['', '!', '!a', '$1', '$1!', 'neffos', 'neffos(', 'aneffos(0x', '$neffos(0x'])('says no to %j', (wait) => {
    expect(isForgedToken(wait)).toBe(false);
  });
});

describe('makeToken', () => {
  const random = fc.integer({ min: 0, max: 0xffff_ffff }).map((n) => n.toString(16).padStart(16, '0'));

  it('marks the tokens of a client with "$", and those of a server not', () => {
    expect(makeToken('client', '0123456789abcdef')).toBe('$0123456789abcdef');
    expect(makeToken('server', '0123456789abcdef')).toBe('n0123456789abcdef');
  });

  it('makes tokens that are no frame of the handshake, no mark of a broker, and come back from the wire', () => {
    fc.assert(
      fc.property(random, fc.constantFrom('server', 'client'), (hex, side) => {
        const wait = makeToken(side, hex);
        const message = { wait, namespace: 'n', room: '', event: 'e', isError: false, isNoOp: false, binary: false };

        expect(wait).not.toMatch(/^[AHM#]/);
        expect(isForgedToken(wait)).toBe(false);
        expect(decodeFrame(encodeMessage({ ...message, body: '' }))).toMatchObject({ message: { wait } });
      }),
    );
  });

  it('makes tokens that are an ask for the other side and a reply for this one', () => {
    fc.assert(
      fc.property(random, (hex) => {
        expect(isReplyToken(makeToken('server', hex), 'server')).toBe(true);
        expect(isReplyToken(makeToken('server', hex), 'client')).toBe(false);
        expect(isReplyToken(makeToken('client', hex), 'client')).toBe(true);
        expect(isReplyToken(makeToken('client', hex), 'server')).toBe(false);
      }),
    );
  });
});
