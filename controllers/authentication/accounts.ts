import { scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** Somebody who has signed in. */
export interface User {
  readonly email: string;
  /** What others call them. Unique, too. */
  readonly name: string;
}

/** What is kept of a password: it can be checked by these, and not be told from them. */
interface Password {
  readonly salt: string;
  readonly hash: string;
}

const HASH_BYTES = 32;
const hashOf = promisify<string, string, number, Buffer>(scrypt);

/** Who there is. What their passwords are stands on the pages of the examples. */
const PASSWORDS: ReadonlyMap<string, Password> = new Map([
  ['ada', { salt: 'OdbmzdPS-BYzhfLZnFYpAA', hash: '-g_UB2BVLg5JfTdMgQN7yJYBQq3E6mX_LOKQPuyPBAM' }],
  ['grace', { salt: 'PYvpdbB34xjn6aKBbB9Hng', hash: 'UomoI1jDpPHJEwLUqmgJMgFJqwNi4IXCtgR3lu1iuzU' }],
]);

/** Of somebody who does not exist, so that it takes as long to refuse them as to refuse a wrong password. */
const NOBODY: Password = { salt: 'vtpwLdwPULSqTmTR1pZYpQ', hash: '7Ze8IiZEEXj0hnImkxMjYUn2BoPdq_EO8Lxv3otsIjw' };

/** The accounts of the examples. Real ones are in a database, and one may not try as often as one likes. */
export class Accounts {
  readonly #accounts = new Map(
    Array.from(PASSWORDS, ([name, password]) => [`${name}@nefeli.example`, { name, password }]),
  );

  /** Who has this address and this password; `undefined` for nobody. Takes some tens of milliseconds, on purpose. */
  async find(address: string, password: string): Promise<User | undefined> {
    const email = address.trim().toLowerCase();
    const account = this.#accounts.get(email);
    const { salt, hash } = account?.password ?? NOBODY;
    const isRight = timingSafeEqual(await hashOf(password, salt, HASH_BYTES), Buffer.from(hash, 'base64url'));
    return account && isRight ? { email, name: account.name } : undefined;
  }
}
