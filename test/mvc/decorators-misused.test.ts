import { Namespace, On, Use } from 'nefeli';
import { describe, expect, it } from 'vitest';

/** As a runner that checks no types calls it. */
type Untyped = (...given: unknown[]) => unknown;
const [namespace, on, use] = [Namespace, On, Use] as unknown as [Untyped, Untyped, Untyped];

class Chat {
  hear() {}
}
const member = [Chat.prototype, 'hear', Object.getOwnPropertyDescriptor(Chat.prototype, 'hear')];

describe('a decorator where no types are checked', () => {
  it.each([
    ['a namespace without parentheses', () => namespace(Chat), /name of @Namespace\(…\) is the class Chat/],
    ['a namespace without a name', () => namespace(), /name of @Namespace\(…\) is undefined.*@Namespace\('default'\)/],
    ['a namespace of another type', () => namespace({ name: 'chat' }), /name of @Namespace\(…\) is an object/],
    ['an event without parentheses', () => on(...member), /event of @On\(…\) is an instance of Chat.*@On\('chat'\)/],
    ['an event without a name', () => on(), /event of @On\(…\) is undefined/],
    [
      'a guard without parentheses',
      () => use(...member),
      /middleware 1 of @Use\(…\) is an instance of Chat.*parentheses/,
    ],
    [
      'a guard that is not loaded yet',
      () => use(() => {}, undefined),
      /middleware 2 of @Use\(…\) is undefined.*import each/,
    ],
  ])('refuses %s when the class is loaded, instead of losing it', (_, decorate, message) => {
    expect(decorate).toThrow(message);
    expect(decorate).toThrow(/^OPTION_INVALID/);
  });

  it('takes the empty name, and no middleware at all', () => {
    expect(() => [namespace(''), on(''), use()]).not.toThrow();
  });
});
