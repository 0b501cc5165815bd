import type { FastifyInstance } from 'fastify';
import { systemScheduler } from '../core/web-platform.js';
import type { Timer } from '../ports/clock.js';
import { isHeard } from '../transport/ws-socket.js';

/** The part of Fastify's `pluginTimeout` that a hook waits before it goes on: past the whole of it `app.close()` would fail. */
const WAITED_PART = 0.9;

/**
 * Closes the mounts of an app with it. Fastify lets a hook `preClose` take `pluginTimeout`, 10 s by default, and fails the whole
 * close after it. So what takes longer is waited for in `onClose`, which has no such limit, while Fastify listens no more: before
 * `onClose` of the plugins that were registered earlier, whose services the last handlers may need.
 *
 * @param close closes all mounts; called once
 */
export function closeWithApp(app: FastifyInstance, close: () => Promise<unknown>): void {
  let closed: Promise<unknown> | undefined;
  app.addHook('preClose', async () => {
    const { pluginTimeout = 0 } = app.initialConfig;
    // Begun before the closing is: with many connections that takes a while by itself.
    const waited = pluginTimeout > 0 ? after(pluginTimeout * WAITED_PART) : undefined;
    closed = close();
    await (waited ? Promise.race([closed, waited.over]) : closed);
    waited?.timer.cancel();
  });
  app.addHook('onClose', async () => {
    await closed;
  });
}

function after(ms: number): { readonly over: Promise<void>; readonly timer: Timer } {
  let end: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, timer: systemScheduler.after(ms, () => end()) };
}

/** Closes the websockets of an app that belong to no mount. Those of mounts have their own time, code and reason. */
export function closeOthers({ websocketServer }: FastifyInstance): void {
  for (const ws of websocketServer.clients) if (!isHeard(ws)) ws.close();
  websocketServer.close();
}
