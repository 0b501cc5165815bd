import type { FastifyInstance } from 'fastify';
import { portOf } from '../support/port-of.js';

/** The accounts of the examples. */
export const ADA = { email: 'ada@nefeli.example', password: 'lovelace' };
export const GRACE = { email: 'grace@nefeli.example', password: 'hopper' };

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export const originOf = (app: FastifyInstance): string => `http://127.0.0.1:${portOf(app)}`;

/** What the browser of somebody who has signed in sends with every request of a page of the app. */
export async function signedIn(
  app: FastifyInstance,
  who: Credentials = ADA,
): Promise<{ readonly cookie: string; readonly origin: string }> {
  const origin = originOf(app);
  const response = await postJson(`${origin}/session`, who);
  const [cookie = ''] = response.headers.getSetCookie().map((line) => line.slice(0, line.indexOf(';')));
  if (cookie === '') throw new Error(`not signed in: ${response.status} ${await response.text()}`);
  return { cookie, origin };
}

export function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
