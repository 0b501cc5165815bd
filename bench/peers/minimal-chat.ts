import type { WebSocket } from 'ws';

interface Frame {
  readonly wait: string;
  readonly namespace: string;
  readonly room: string;
  readonly event: string;
  readonly body: string;
}

/**
 * The wire of neffos, as far as the benchmark goes, by hand on `ws`: what one writes who needs no library for it.
 *
 * No heartbeat, no limits, no checks, no errors: it is the floor that others are compared with.
 */
export class MinimalChat {
  readonly #members = new Set<WebSocket>();
  readonly #rooms = new Map<string, Set<WebSocket>>();
  #lastId = 0;

  accept(socket: WebSocket): void {
    const joined = new Set<string>();
    socket.on('message', (data) => this.#read(socket, joined, String(data)));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.#members.delete(socket);
      for (const room of joined) this.#leave(socket, room);
    });
  }

  #read(socket: WebSocket, joined: Set<string>, text: string): void {
    if (text === 'M') return socket.send(`A${++this.#lastId}`);
    const frame = parse(text);
    if (!frame) return;
    const { wait, namespace, room, event, body } = frame;
    switch (event) {
      case 'echo':
        return socket.send(`;${namespace};;echo;0;0;${body}`);
      case 'ask':
        return socket.send(`${wait};${namespace};;ask;0;0;${body}`);
      case 'cast':
        return sendAll(this.#members, `;${namespace};;cast;0;0;${body}`);
      case 'say':
        return sendAll(this.#rooms.get(room) ?? [], `;${namespace};${room};say;0;0;${body}`);
      case '_OnNamespaceConnect':
        this.#members.add(socket);
        break;
      case '_OnRoomJoin':
        joined.add(room);
        this.#join(socket, room);
        break;
      case '_OnRoomLeave':
        joined.delete(room);
        this.#leave(socket, room);
        break;
    }
    socket.send(`${wait};;;;;;`);
  }

  #join(socket: WebSocket, room: string): void {
    const members = this.#rooms.get(room);
    if (members) members.add(socket);
    else this.#rooms.set(room, new Set([socket]));
  }

  #leave(socket: WebSocket, room: string): void {
    const members = this.#rooms.get(room);
    members?.delete(socket);
    if (members?.size === 0) this.#rooms.delete(room);
  }
}

function sendAll(sockets: Iterable<WebSocket>, text: string): void {
  for (const socket of sockets) {
    if (socket.readyState === socket.OPEN) socket.send(text);
  }
}

/** The body is what follows the sixth separator, so the text must not simply be split. */
function parse(text: string): Frame | undefined {
  const wait = text.indexOf(';');
  const namespace = text.indexOf(';', wait + 1);
  const room = text.indexOf(';', namespace + 1);
  const event = text.indexOf(';', room + 1);
  const isError = text.indexOf(';', event + 1);
  const isNoOp = text.indexOf(';', isError + 1);
  if (wait < 0 || isNoOp <= isError || isError <= event) return undefined;
  return {
    wait: text.slice(0, wait),
    namespace: text.slice(wait + 1, namespace),
    room: text.slice(namespace + 1, room),
    event: text.slice(room + 1, event),
    body: text.slice(isNoOp + 1),
  };
}
