import type { BrokerKind } from './broker/start-broker.js';
import type { ProtocolName } from './load/protocols.js';

/** A server that does the same work as the others. */
export interface Peer {
  readonly name: string;
  readonly title: string;
  readonly protocol: ProtocolName;
  /** `ours` needs no more than Nefeli itself; `installed` needs the packages of `bench`; `go` needs Go. */
  readonly kind: 'ours' | 'installed' | 'go';
  /** What several of its processes are one server by. */
  readonly broker?: BrokerKind;
  /** The packages that its version is told of. */
  readonly packages: readonly string[];
}

/** In the order of the report. */
export const PEERS: readonly Peer[] = [
  { name: 'nefeli', title: 'Nefeli', protocol: 'neffos', kind: 'ours', packages: ['nefeli'] },
  { name: 'ws', title: 'plain ws', protocol: 'neffos', kind: 'ours', packages: ['ws'] },
  {
    name: 'fastify-websocket',
    title: '@fastify/websocket',
    protocol: 'neffos',
    kind: 'ours',
    packages: ['@fastify/websocket', 'fastify'],
  },
  { name: 'socket-io', title: 'Socket.IO', protocol: 'socketIo', kind: 'installed', packages: ['socket.io'] },
  {
    name: 'nestjs',
    title: 'NestJS (WsAdapter)',
    protocol: 'nest',
    kind: 'installed',
    packages: ['@nestjs/core', '@nestjs/platform-ws'],
  },
  { name: 'neffos', title: 'neffos (Go)', protocol: 'neffos', kind: 'go', packages: ['github.com/kataras/neffos'] },
  {
    name: 'nefeli-redis',
    title: 'Nefeli, Redis',
    protocol: 'neffos',
    kind: 'ours',
    broker: 'redis',
    packages: ['nefeli', 'ioredis'],
  },
  {
    name: 'nefeli-nats',
    title: 'Nefeli, NATS',
    protocol: 'neffos',
    kind: 'ours',
    broker: 'nats',
    packages: ['nefeli', '@nats-io/transport-node'],
  },
  {
    name: 'socket-io-redis',
    title: 'Socket.IO, Redis',
    protocol: 'socketIo',
    kind: 'installed',
    broker: 'redis',
    packages: ['socket.io', '@socket.io/redis-adapter', 'ioredis'],
  },
  {
    name: 'neffos-redis',
    title: 'neffos (Go), Redis',
    protocol: 'neffos',
    kind: 'go',
    broker: 'redis',
    packages: ['github.com/kataras/neffos'],
  },
];
