import { describe, expect, it } from 'vitest';
import { functionFieldsIn } from '../../src/mvc/function-fields.js';

describe('functionFieldsIn', () => {
  it('finds functions that fields are given where they are declared', () => {
    const source = `class A {
      onArrow = () => {};
      onAsync = async (msg) => { await msg; };
      onNamed = msg => msg;
      onFunction = function () {};
      plain = 5;
      called = make();
    }`;
    expect(functionFieldsIn(source)).toEqual(['onArrow', 'onAsync', 'onNamed', 'onFunction']);
  });

  it('takes nothing for one that stands in a method, a text or a comment', () => {
    const source = `class A {
      // onComment = () => {}
      /* onBlock = () => {} */
      text = 'onText = () => {}' + "onOther = () => {" + \`onTemplate = () => {\`;
      onChat(onDefault = () => {}) {
        onOuter = () => {};
        const onLocal = () => ({ a: [() => {}] });
      }
      get onGetter() { return () => {}; }
    }`;
    expect(functionFieldsIn(source)).toEqual([]);
  });
});
