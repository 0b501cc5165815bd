// One server of a cluster in a process of its own. Its parent tells it what to do, and is told what came of it.
import 'reflect-metadata';
import Fastify from 'fastify';
import { nefeli } from 'nefeli';
import { natsAdapter } from 'nefeli/nats';
import { redisAdapter } from 'nefeli/redis';

const [kind, port] = process.argv.slice(2);
const options = { app: 'integration', secret: 'of the cluster' };
const adapterOf = {
  redis: () => redisAdapter({ ...options, url: `redis://127.0.0.1:${port}` }),
  nats: () => natsAdapter({ ...options, servers: `nats://127.0.0.1:${port}` }),
};
const app = Fastify({ forceCloseConnections: true });
await app.register(nefeli, {
  path: '/ws',
  idGenerator: (request) => String(request.query.id),
  adapter: adapterOf[kind](),
  namespaces: { default: { tell: (msg, ns) => ns.broadcastOthers('told', msg.body) } },
});
const events = [];
app.nefeli.cluster.on('cache.clear', ({ from, body }) => events.push({ from, body }));
const url = await app.listen({ port: 0, host: '127.0.0.1' });

const targetOf = ({ rooms = [], ids = [], except = [] }) =>
  app.nefeli
    .in('default')
    .room(...rooms)
    .to(...ids)
    .except(...except);

/** What the parent may have done. A target is a description of one. */
const actions = {
  info: () => ({ ...app.nefeli.cluster, peers: app.nefeli.cluster.peers, state: app.nefeli.cluster.state }),
  broadcast: (target, event, body) => targetOf(target).broadcast(event, body),
  bytes: (target, event, bytes) => targetOf(target).broadcast(event, Uint8Array.from(bytes)),
  broadcastAcked: (target, event, body) => targetOf(target).broadcastAcked(event, body),
  ask: async (target, event, body) => (await targetOf(target).ask(event, body)).body,
  gather: async (target, event, options) => {
    const { answers, failures, ...rest } = await targetOf(target).gather(event, '', options);
    return { answers: answers.map(({ id, body }) => [id, body]), failures: failures.map(({ id }) => id), ...rest };
  },
  count: (target) => targetOf(target).count(),
  members: async (target) => (await targetOf(target).members()).map(({ id }) => id),
  rooms: (target) => targetOf(target).rooms(),
  joinRoom: (target, room) => targetOf(target).joinRoom(room),
  leaveRoom: (target, room) => targetOf(target).leaveRoom(room),
  disconnect: (target) => targetOf(target).disconnect(),
  close: (target, code) => targetOf(target).close(code),
  emit: (event, body) => app.nefeli.cluster.emit(event, body),
  events: () => events,
  metrics: () => app.nefeli.metrics.snapshot(),
  stop: () => app.close(),
};

process.on('message', async ({ number, action, args }) => {
  const outcome = await Promise.resolve()
    .then(() => actions[action](...args))
    .then(
      (value) => ({ value }),
      (error) => ({ error: error.code ?? String(error) }),
    );
  process.send({ number, ...outcome }, () => {
    if (action === 'stop') process.disconnect();
  });
});
process.send({ ready: url.replace('http', 'ws') });
