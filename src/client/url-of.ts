import type { Address } from './dial-options.js';

/** How a server is told the number of tries where a client cannot set headers. */
const TRIES = 'X-Websocket-Header-X-Websocket-Reconnect';

/** The address of one try: absolute, of a websocket, with the number of tries that have failed before. */
export async function urlOf(address: Address, tries: number, base: string | undefined): Promise<string> {
  const url = new URL(typeof address === 'function' ? await address({ tries }) : address, base);
  url.protocol = url.protocol.replace('http', 'ws');
  if (tries) url.searchParams.set(TRIES, `${tries}`);
  return url.href;
}
