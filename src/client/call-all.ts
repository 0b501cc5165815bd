import type { ClientMessage } from './client-message.js';
import type { About, Core } from './core.js';
import { readMessage } from './read-message.js';
import type { Target } from './wire.js';

/** Calls somebody who listens. */
export type Call = (msg: ClientMessage) => Promise<unknown>;

/** Calls all who hear something, and gives what the first of them returns. Throws what the first throws, once all were called. */
export async function callAll(core: Core, calls: readonly Call[], about: About & Target): Promise<unknown> {
  const msg = readMessage(about);
  let answer: unknown;
  let failure: readonly [unknown] | undefined;
  for (const call of calls) {
    try {
      const result = await call(msg);
      if (answer === undefined) answer = result;
    } catch (error) {
      if (failure) core.report(error, about);
      failure ??= [error];
    }
  }
  if (failure) throw failure[0];
  return answer;
}
