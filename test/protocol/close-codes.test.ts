import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CloseCode, fitCloseReason, isSendableCloseCode } from '../../src/protocol/close-codes.js';
import { byteLength } from '../../src/protocol/codec.js';

describe('CloseCode', () => {
  it('holds codes that may be sent, but for the two that a socket only reports', () => {
    const unsendable = Object.entries(CloseCode).filter(([, code]) => !isSendableCloseCode(code));

    expect(unsendable).toEqual([
      ['NoStatus', 1005],
      ['Abnormal', 1006],
    ]);
  });
});

describe('fitCloseReason', () => {
  it('leaves a reason of 123 bytes as it is and cuts the 124th', () => {
    expect(fitCloseReason('a'.repeat(123))).toBe('a'.repeat(123));
    expect(fitCloseReason('a'.repeat(124))).toBe('a'.repeat(123));
    expect(fitCloseReason('')).toBe('');
  });

  it.each([
    ['ß', 2, 61],
    ['€', 3, 41],
    ['😀', 4, 30],
  ])('never splits %s of %i bytes: %i of them fit', (character, _, fitting) => {
    expect(fitCloseReason(character.repeat(200))).toBe(character.repeat(fitting));
  });

  it('leaves out a character that would only begin within the 123 bytes', () => {
    expect(fitCloseReason(`${'a'.repeat(122)}€`)).toBe('a'.repeat(122));
    expect(fitCloseReason(`${'a'.repeat(121)}😀b`)).toBe('a'.repeat(121));
  });

  it('gives the longest start of any reason that fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (reason) => {
        const fitted = fitCloseReason(reason);
        const next = [...reason.slice(fitted.length)][0] ?? '';

        expect(reason.startsWith(fitted)).toBe(true);
        expect(byteLength(fitted)).toBeLessThanOrEqual(123);
        expect(next === '' || byteLength(fitted + next) > 123).toBe(true);
      }),
    );
  });
});

describe('isSendableCloseCode', () => {
  it.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])(
    'says yes to %i',
    (code) => {
      expect(isSendableCloseCode(code)).toBe(true);
    },
  );

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, -1000, 1000.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'says no to %d',
    (code) => {
      expect(isSendableCloseCode(code)).toBe(false);
    },
  );
});
