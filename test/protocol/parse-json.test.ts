import { describe, expect, it } from 'vitest';
import { parseJsonText } from '../../src/protocol/parse-json.js';

describe('parseJsonText', () => {
  it('reads what JSON.parse reads', () => {
    expect(parseJsonText('{"a":[1,null,"\\u00e9"]}')).toEqual({ a: [1, null, 'é'] });
    expect(() => parseJsonText('{')).toThrow(SyntaxError);
  });

  it.each(['{"__proto__":1}', '[{"a":{"\\u005f_proto__":1}}]'])('refuses the key __proto__ in %s', (text) => {
    expect(() => parseJsonText(text)).toThrow('the key "__proto__" is not allowed');
  });

  it('takes that word where it is no key', () => {
    expect(parseJsonText('["__proto__"]')).toEqual(['__proto__']);
  });
});
