import { dial } from 'nefeli/client';
import type { ChatController } from './served.js';

/** What a page does that is typed by a controller. A test bundles it. */
export async function open(url: string): Promise<number> {
  const conn = await dial<{ default: typeof ChatController }>(url, {
    default: { text: (msg) => console.log(msg.body) },
  });
  const ns = await conn.connect('default');
  return (await ns.ask('sum', [1, 2])).body;
}
