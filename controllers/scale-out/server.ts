// One server in a process of its own, started by app.js: node server.js <name> <url of Redis>
import { redisAdapter } from 'nefeli/redis';
import { buildBoardApp } from './board-app.js';

const [name = 'server', url = 'redis://127.0.0.1:6379'] = process.argv.slice(2);

const adapter = redisAdapter({ app: 'scale-out', url });
const app = await buildBoardApp({ name, adapter, logger: { level: 'warn' } });
await app.listen({ port: 0, host: process.env['HOST'] ?? '127.0.0.1' });
const address = app.server.address();
process.send?.({ port: typeof address === 'object' ? address?.port : undefined });

const close = (): void => {
  void app.close().then(() => {
    if (process.connected) process.disconnect();
  });
};
process.on('message', close);
process.on('disconnect', close);
process.on('SIGTERM', close);
// A Ctrl+C is told to all processes at once: whoever has started this one says when it ends.
process.on('SIGINT', () => {});
