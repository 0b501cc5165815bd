/** Where keys, tokens and the spread of pings come from, so that a test can foretell them. */
export interface Random {
  /** 64 random bits that nobody can guess, as 16 lower-case hexadecimal digits. */
  token(): string;
  /** A random UUID, version 4. */
  uuid(): string;
  /** A number from 0 up to, and without, 1. Need not be unguessable. */
  fraction(): number;
}
