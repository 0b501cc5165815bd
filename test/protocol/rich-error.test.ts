import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRichError, encodeRichError } from '../../src/protocol/rich-error.js';

describe('encodeRichError', () => {
  it('writes the text, and the code and the data where there are any', () => {
    expect(encodeRichError('no', { code: undefined, data: undefined })).toBe('{"text":"no"}');
    expect(encodeRichError('no', { code: 'NO', data: null })).toBe('{"text":"no","code":"NO","data":null}');
  });
});

describe('decodeRichError', () => {
  it.each([
    '',
    'no',
    '"no"',
    '1',
    'null',
    'true',
    '[]',
    '{}',
    '{"text":1}',
    '{"text":null,"code":"NO"}',
    '{"text":"no"',
  ])('gives nothing for %j', (body) => {
    expect(decodeRichError(body)).toBeUndefined();
  });

  it.each(['{"text":"no","data":{"__proto__":{}}}', '{"text":"no","data":[{"\\u005f_proto__":1}]}'])(
    'gives nothing for %s, which would change prototypes',
    (body) => {
      expect(decodeRichError(body)).toBeUndefined();
    },
  );

  it('leaves out a code that is no text, and what it does not know', () => {
    expect(decodeRichError('{"text":"no","code":4,"data":5,"more":6}')).toEqual({
      text: 'no',
      facts: { code: undefined, data: 5 },
    });
  });

  it('reads back whatever was written, and never throws', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, fc.option(text, { nil: undefined }), fc.jsonValue(), (message, code, value) => {
        const data: unknown = JSON.parse(JSON.stringify(value)); // -0 becomes 0
        fc.pre(!JSON.stringify(data).includes('__proto__'));

        expect(decodeRichError(encodeRichError(message, { code, data }))).toEqual({
          text: message,
          facts: { code, data },
        });
      }),
    );
    fc.assert(fc.property(text, (body) => void decodeRichError(body)));
  });
});
