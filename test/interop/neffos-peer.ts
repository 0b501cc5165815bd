import { connect, type Socket } from 'node:net';
import { type Conn, dial, Message, type NSConn } from 'neffos.js';
import { onTestFinished } from 'vitest';

/** Answers an event of the server: with `reply(…)`, with an error, or not at all. */
export type NeffosHandler = (ns: NSConn, msg: Message) => Error | undefined;
export type NeffosHandlers = Readonly<Record<string, NeffosHandler>>;

/** An event that a handler has seen. */
export interface Seen {
  readonly event: string;
  readonly namespace: string;
  readonly room: string;
  readonly body: unknown;
  readonly error: string | undefined;
  readonly isLocal: boolean;
  readonly isForced: boolean;
}

export interface NeffosPeerOptions {
  readonly headers?: Record<string, string>;
  /** Milliseconds between two tries. The types of the client misspell this one. */
  readonly reconnect?: number;
}

/** A client of neffos.js 0.1 that remembers every event its handlers have seen, until the test has finished. */
export class NeffosPeer {
  readonly seen: Seen[] = [];
  readonly #sockets: Socket[] = [];
  #conn: Conn | undefined;

  /** @param namespaces what the client declares */
  static async dial(
    url: string,
    namespaces: Readonly<Record<string, NeffosHandlers>>,
    { headers = {}, ...options }: NeffosPeerOptions = {},
  ): Promise<NeffosPeer> {
    const peer = new NeffosPeer();
    onTestFinished(() => peer.close());
    const { hostname, port } = new URL(url);
    const createConnection = (): Socket => {
      const socket = connect({ host: hostname, port: Number(port) });
      peer.#sockets.push(socket);
      return socket;
    };
    const handlers = Object.entries(namespaces).map(([name, events]) => [name, peer.#watch(events)]);
    peer.#conn = await dial(url, Object.fromEntries(handlers), {
      ...options,
      headers: { ...headers },
      createConnection,
    });
    return peer;
  }

  /** The connection; after a reconnect the new one, once it has connected a namespace. */
  get conn(): Conn {
    if (!this.#conn) throw new Error('there is no connection yet');
    return this.#conn;
  }

  get id(): string {
    return this.conn.ID;
  }

  /** The bodies of an event, in the order in which they came. */
  bodies(event: string): unknown[] {
    return this.seen.filter((seen) => seen.event === event).map(({ body }) => body);
  }

  /** System events in short: name, room, `local`, `forced`, where they apply. */
  get trace(): string[] {
    return this.seen
      .filter(({ event }) => event.startsWith('_On'))
      .map(({ event, room, isLocal, isForced }) =>
        [event, room, isLocal && 'local', isForced && 'forced'].filter(Boolean).join(' '),
      );
  }

  emitBinary(ns: NSConn, event: string, bytes: Uint8Array): void {
    ns.conn.write(binaryMessage(ns, event, bytes));
  }

  async askBinary(ns: NSConn, event: string, bytes: Uint8Array): Promise<Message> {
    return await ns.conn.ask(binaryMessage(ns, event, bytes));
  }

  /** Sends all that is sent meanwhile in one segment. */
  inOneSegment(send: () => void): void {
    const socket = this.#sockets.at(-1);
    socket?.cork();
    send();
    socket?.uncork();
  }

  /** Ends the connection as a network does: without a close frame. */
  loseNetwork(): void {
    this.#sockets.at(-1)?.destroy();
  }

  close(): void {
    this.#conn?.close();
  }

  #watch(events: NeffosHandlers): Record<string, NeffosHandler> {
    const watched = Object.entries(events).map(([name, handle]): [string, NeffosHandler] => [
      name,
      (ns, msg) => {
        this.#record(ns, msg);
        return handle(ns, msg);
      },
    ]);
    const others: NeffosHandler = (ns, msg) => {
      this.#record(ns, msg);
      return undefined;
    };
    return { _OnAnyEvent: others, ...Object.fromEntries(watched) };
  }

  #record(ns: NSConn, msg: Message): void {
    this.#conn = ns.conn;
    this.seen.push({
      event: msg.Event,
      namespace: msg.Namespace,
      room: msg.Room ?? '',
      body: msg.Body,
      error: msg.Err?.message,
      isLocal: msg.IsLocal === true,
      isForced: msg.IsForced === true,
    });
  }
}

/** A client that has connected one namespace. */
export async function connected(
  { url }: { readonly url: string },
  {
    namespace = 'default',
    handlers = {},
    ...options
  }: NeffosPeerOptions & { namespace?: string; handlers?: NeffosHandlers } = {},
): Promise<{ peer: NeffosPeer; ns: NSConn }> {
  const peer = await NeffosPeer.dial(url, { [namespace]: handlers }, options);
  return { peer, ns: await peer.conn.connect(namespace) };
}

function binaryMessage(ns: NSConn, event: string, bytes: Uint8Array): Message {
  const msg = new Message();
  msg.Namespace = ns.namespace;
  msg.Event = event;
  // The client sends bytes, and says that it has strings only.
  msg.Body = bytes as unknown as string;
  msg.SetBinary = true;
  return msg;
}
