import Fastify from 'fastify';
import { Container, inject } from 'inversify';
import { type Adapter, type Message, Namespace, NSConn, nefeli } from 'nefeli';

/** A service of the application that every controller is given. */
class Journal {
  readonly lines: string[] = [];

  log(line: string): void {
    this.lines.push(line);
  }
}

@Namespace('bench')
class BenchController {
  constructor(
    @inject(NSConn) private readonly ns: NSConn,
    @inject(Journal) private readonly journal: Journal,
  ) {}

  onEcho(msg: Message) {
    this.ns.emit('echo', msg.body);
  }

  onAsk(msg: Message) {
    return msg.body;
  }

  onCast(msg: Message) {
    this.ns.broadcast('cast', msg.body);
  }

  onSay(msg: Message) {
    this.ns.room(msg.room)?.broadcast('say', msg.body);
  }

  onRefused(msg: Message) {
    this.journal.log(`${this.ns.conn.id}: ${String(msg.body)}`);
  }
}

/** Nefeli as it comes: default options, a controller for each connection, made by a container with what it needs. */
export function serve(): Promise<number> {
  return serveWith({});
}

/** The same, with an adapter to the other servers. */
export async function serveWith(options: { readonly adapter?: Adapter }): Promise<number> {
  const container = new Container();
  container.bind(Journal).toConstantValue(new Journal());
  const app = Fastify();
  await app.register(nefeli, { path: '/ws', container, controllers: [BenchController], ...options });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return Number(new URL(url).port);
}
