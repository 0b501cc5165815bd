/** Where the chat writes what happens: a token for the container, and the interface behind it. */
export abstract class Logger {
  abstract log(message: string): void;
}

/** Writes every line with a prefix in front, so that one sees where it comes from. */
export class PrefixedLogger extends Logger {
  readonly #prefix: string;

  constructor(prefix: string) {
    super();
    this.#prefix = prefix;
  }

  log(message: string): void {
    console.log(`${this.#prefix}: ${message}`);
  }
}
