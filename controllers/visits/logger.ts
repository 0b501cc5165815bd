/** Where the example writes what happens: a token for the container, and the interface behind it. */
export abstract class Logger {
  abstract log(message: string): void;
}

/** Writes every line to the console, with a prefix in front. */
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
