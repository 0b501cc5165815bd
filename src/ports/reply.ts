/**
 * A value that is sent back even to a plain emit. Made by `reply()`.
 *
 * @typeParam T what it holds
 */
export class Reply<T = unknown> {
  /** Tells the compiler that an object is no reply because it has a body. */
  readonly kind = 'reply';
  readonly body: T;

  constructor(body: T) {
    this.body = body;
  }
}
