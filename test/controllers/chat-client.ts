import type { FastifyInstance } from 'fastify';
import { WebSocket } from 'ws';
import type { ChatEvents } from '../../controllers/chat/chat-events.js';
import { portOf } from '../support/port-of.js';

interface Pending {
  readonly resolve: (body: string) => void;
  readonly reject: (error: Error) => void;
}

type Heard = { readonly [Name in keyof ChatEvents]: { event: Name; body: ChatEvents[Name] } }[keyof ChatEvents];

/** A visitor without a page: a bare websocket that writes frames by hand. */
export class ChatClient {
  readonly heard: Heard[] = [];
  readonly #ws: WebSocket;
  readonly #pending = new Map<string, Pending>();
  #asks = 0;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on('message', (data) => this.#receive(String(data)));
  }

  /** Connects to the namespace of the chat, and to a room unless it is told not to. */
  static async enter(app: FastifyInstance, { name = '', room = 'lobby' } = {}): Promise<ChatClient> {
    const query = name && `?X-Websocket-Header-X-Username=${encodeURIComponent(name)}`;
    const ws = new WebSocket(`ws://127.0.0.1:${portOf(app)}/websocket_endpoint${query}`);
    const client = new ChatClient(ws);
    await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
    ws.send('M');
    await client.#request('_OnNamespaceConnect');
    if (room) await client.join(room);
    return client;
  }

  join(room: string): Promise<string> {
    return this.#request('_OnRoomJoin', { room });
  }

  leave(room: string): Promise<string> {
    return this.#request('_OnRoomLeave', { room });
  }

  say(body: string, room = 'lobby'): Promise<string> {
    return this.#request('chat', { room, body });
  }

  rename(body: string): Promise<string> {
    return this.#request('rename', { body });
  }

  /** The same in a binary frame. */
  sayBytes(body: string): Promise<string> {
    return this.#request('chat', { room: 'lobby', body, isBinary: true });
  }

  /** The bodies of an event, in the order in which they came. */
  all<Name extends keyof ChatEvents>(event: Name): ChatEvents[Name][] {
    return this.heard.filter((one) => one.event === event).map(({ body }) => body as ChatEvents[Name]); // of this event
  }

  last<Name extends keyof ChatEvents>(event: Name): ChatEvents[Name] | undefined {
    return this.all(event).at(-1);
  }

  /** Who is in the room now, as far as this one has been told. */
  get roster(): string[] | undefined {
    return this.last('roster')?.people.map(({ name }) => name);
  }

  get notices(): string[] {
    return this.all('notice').map(({ text }) => text);
  }

  get texts(): string[] {
    return this.all('chat').map(({ text }) => text);
  }

  /** Fulfilled when everything that the server has sent before is here: one connection keeps the order. */
  async catchUp(): Promise<void> {
    await this.rename('').catch(() => {}); // refused, and that is an answer, too
  }

  /** Ends the connection without a word. */
  vanish(): void {
    this.#ws.terminate();
  }

  #request(event: string, { room = '', body = '', isBinary = false } = {}): Promise<string> {
    this.#asks += 1;
    const wait = `$${this.#asks}`;
    return new Promise((resolve, reject) => {
      this.#pending.set(wait, { resolve, reject });
      this.#ws.send([wait, 'default', room, event, '0', '0', body].join(';'), { binary: isBinary });
    });
  }

  #receive(frame: string): void {
    if (frame.startsWith('A')) return;
    const [wait = '', , , event = '', isError = ''] = frame.split(';', 5);
    const body = frame.split(';').slice(6).join(';');
    const pending = this.#pending.get(wait);
    if (!pending) {
      this.heard.push({ event, body: JSON.parse(body) } as Heard); // every body of the chat is JSON
    } else if (isError === '1') {
      pending.reject(new Error(body));
    } else {
      pending.resolve(body);
    }
  }
}
