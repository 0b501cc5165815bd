import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

/** Where Node tells of every socket that is about to connect. @source Node, "Built-in channels" of diagnostics_channel */
const CHANNEL = 'net.client.socket';

/**
 * Has a connection made, and lets go of the sockets of one that fails or is not waited for any more.
 *
 * The client of NATS keeps the socket of an attempt that has run out of time, and gives it to nobody: with a server that stands still
 * each attempt would leave one behind, open until that server goes on.
 *
 * @param signal aborts when nobody waits for the connection any more: then it fails at once
 */
export async function dialledWith<T>(dial: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const context = new AsyncLocalStorage<true>();
  const sockets = new Set<Socket>();
  const note = (message: unknown): void => {
    // Others dial at the same time, and perhaps the same server.
    if (!context.getStore()) return;
    const { socket } = message as { readonly socket?: unknown }; // what Node publishes on this channel
    if (socket instanceof Socket) sockets.add(socket);
  };
  const letGo = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  subscribe(CHANNEL, note);
  signal.addEventListener('abort', letGo, { once: true });
  try {
    return await context.run(true, dial);
  } catch (error) {
    letGo();
    throw error;
  } finally {
    signal.removeEventListener('abort', letGo);
    unsubscribe(CHANNEL, note);
    context.disable();
  }
}
