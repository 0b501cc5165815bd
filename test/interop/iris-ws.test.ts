import { once } from 'node:events';
import { createContext, runInContext } from 'node:vm';
import { nefeli } from 'nefeli';
import { All, Broadcast, type Connection, onConnection } from 'nefeli/connection-style';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { GO_BUILD_TIMEOUT_MS, type GoServer, goAvailable, startGoIris } from '../support/go.js';
import { portOf } from '../support/port-of.js';
import { startApp } from '../support/start-app.js';

const ROOM = 'room1';

/** What `go-iris/main.go` does with Iris itself. */
function serve(c: Connection): void {
  c.join(ROOM);
  c.on('chat', (message) => c.to({ room: ROOM }).emit('chat', `From: ${message}`), { as: 'text' });
  c.on('others', (message) => c.to(Broadcast).emit('others', message), { as: 'text' });
  c.on('all', (message) => c.to(All).emit('all', message), { as: 'text' });
  c.on('me', () => c.to({ id: c.id }).emit('me', 'only you'));
  c.on('raw', (message) => c.to({ room: ROOM }).emitMessage(message), { as: 'text' });
  c.on('leave', () => {
    c.leave(ROOM);
    c.emit('leave', c.isJoined(ROOM));
  });
  c.on('values', () => {
    c.emit('text', 'a;b');
    c.emit('bool', true);
    c.emit('bytes', new TextEncoder().encode('bytes'));
    c.emit('json', { x: 1, s: ';' });
  });
  c.on('kind', (value) => c.emit('kind', `${goTypeOf(value)} ${String(value)}`));
  c.onMessage((message) => c.emitMessage(`raw: ${String(message)}`));
  c.on('disconnect', () => c.disconnect());
}

/** What Go prints as the type of such a value. */
function goTypeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' ? 'int' : typeof value;
}

/** What the script of Iris gives to a page. */
interface Ws {
  readonly conn: WebSocket;
  OnConnect(listener: () => void): void;
  OnDisconnect(listener: () => void): void;
  OnMessage(listener: (message: string) => void): void;
  On(event: string, listener: (message: string) => void): void;
  Emit(event: string, value?: unknown): void;
  EmitMessage(message: string): void;
  Disconnect(): void;
}

const EVENTS = ['chat', 'others', 'all', 'me', 'leave', 'text', 'bool', 'bytes', 'json', 'kind'];

/** A page: the script as Iris has served it, and what the page hears through it. */
class Page {
  readonly ws: Ws;
  readonly heard: string[] = [];

  private constructor(ws: Ws) {
    this.ws = ws;
    for (const event of EVENTS) ws.On(event, (message) => this.heard.push(`${event}: ${message}`));
    ws.OnMessage((message) => this.heard.push(message));
    ws.OnDisconnect(() => this.heard.push('(disconnected)'));
  }

  static async open(script: string, url: string): Promise<Page> {
    const context = createContext({ window: { WebSocket }, WebSocket, console: { log() {} } });
    runInContext(script, context);
    const ws = runInContext(`new Ws(${JSON.stringify(url)})`, context) as Ws; // what the script defines
    const page = new Page(ws);
    onTestFinished(() => ws.conn.terminate());
    await new Promise<void>((resolve) => {
      ws.OnConnect(resolve);
    });
    // What the server answers first, it has set the connection up for.
    ws.EmitMessage('ready');
    await expect.poll(() => page.heard).toEqual(['raw: ready']);
    page.heard.length = 0;
    return page;
  }
}

describe.skipIf(!goAvailable())('pages with the iris-ws.js of Iris v11.1.1', () => {
  let go: GoServer;
  let script: string;
  beforeAll(async () => {
    go = await startGoIris();
    script = await (await fetch(`${go.url.replace('ws:', 'http:')}/iris-ws.js`)).text();
  }, GO_BUILD_TIMEOUT_MS);
  afterAll(() => go?.stop());

  /** Where the pages connect to: a server of their own each test, where it is ours. */
  const SERVERS: Readonly<Record<string, () => Promise<string>>> = {
    'the websockets of Iris': async () => `${go.url}/ws`,
    Nefeli: async () => {
      const app = await startApp((app) =>
        app.register(nefeli, { path: '/ws', wire: 'iris', handlers: onConnection(serve) }),
      );
      return `ws://127.0.0.1:${portOf(app)}/ws`;
    },
  };

  describe.each(Object.keys(SERVERS))('on a server with %s', (name) => {
    async function pages(): Promise<[Page, Page]> {
      const url = (await SERVERS[name]?.()) ?? '';
      return [await Page.open(script, url), await Page.open(script, url)];
    }

    it('talk in a room', async () => {
      const [ada, bob] = await pages();

      ada.ws.Emit('chat', 'hello; all');

      await expect.poll(() => [ada.heard, bob.heard]).toEqual([['chat: From: hello; all'], ['chat: From: hello; all']]);
    });

    it('reach all, the others, or themselves', async () => {
      const [ada, bob] = await pages();

      ada.ws.Emit('others', 'a');
      await expect.poll(() => bob.heard).toEqual(['others: a']);
      ada.ws.Emit('me', 'x');
      await expect.poll(() => ada.heard).toEqual(['me: only you']);
      ada.ws.Emit('all', 'b');

      await expect
        .poll(() => [ada.heard, bob.heard])
        .toEqual([
          ['me: only you', 'all: b'],
          ['others: a', 'all: b'],
        ]);
    });

    it('send raw messages, and hear them', async () => {
      const [ada, bob] = await pages();

      ada.ws.EmitMessage('as it is');
      await expect.poll(() => ada.heard).toEqual(['raw: as it is']);
      ada.ws.Emit('raw', 'to all');

      await expect.poll(() => [ada.heard, bob.heard]).toEqual([['raw: as it is', 'to all'], ['to all']]);
    });

    it('hear nothing of a room any more that they have left', async () => {
      const [ada, bob] = await pages();

      ada.ws.Emit('leave', 'x');
      await expect.poll(() => ada.heard).toEqual(['leave: false']);
      bob.ws.Emit('chat', 'without you');
      await expect.poll(() => bob.heard).toEqual(['chat: From: without you']);
      ada.ws.Emit('me', 'x');

      await expect.poll(() => ada.heard).toEqual(['leave: false', 'me: only you']);
    });

    it('send texts, whole numbers and false as what they are, and a number where text is wanted', async () => {
      const [ada] = await pages();

      for (const value of ['abc', 12, false]) ada.ws.Emit('kind', value);
      ada.ws.Emit('chat', '12');

      await expect
        .poll(() => ada.heard)
        .toEqual(['kind: string abc', 'kind: int 12', 'kind: bool false', 'chat: From: 12']);
    });

    it('are sent the same frames for the same values', async () => {
      const [ada] = await pages();
      const frames: string[] = [];
      ada.ws.conn.on('message', (data, isBinary) => frames.push(`${isBinary ? 'binary' : 'text'} ${String(data)}`));

      ada.ws.Emit('values', 'x');

      await expect.poll(() => ada.heard).toEqual(['text: a;b', 'bool: true', 'bytes: bytes', 'json: {"x":1,"s":";"}']);
      expect(frames).toEqual([
        'text iris-websocket-message:text;0;a;b',
        'text iris-websocket-message:bool;2;true',
        'text iris-websocket-message:bytes;3;bytes',
        'text iris-websocket-message:json;4;{"x":1,"s":";"}',
      ]);
    });

    it('are disconnected from there, and disconnect from here', async () => {
      const [ada, bob] = await pages();

      ada.ws.Emit('disconnect', 'x');
      bob.ws.Disconnect();

      await expect.poll(() => [ada.heard, bob.heard]).toEqual([['(disconnected)'], ['(disconnected)']]);
    });
  });

  it('lose nothing to the mistakes of that server: true, texts that look like numbers, and empty values arrive', async () => {
    const page = await Page.open(script, (await SERVERS['Nefeli']?.()) ?? '');

    for (const value of [true, '007', 1.5, '']) page.ws.Emit('kind', value);
    page.ws.Emit('me');

    await expect
      .poll(() => page.heard)
      .toEqual(['kind: bool true', 'kind: string 007', 'kind: int 1.5', 'kind: string ', 'me: only you']);
  });

  it('are cut off by nothing that Iris would have ignored', async () => {
    const page = await Page.open(script, (await SERVERS['Nefeli']?.()) ?? '');

    for (const value of [[], [5], new Date(0), Number.NaN, undefined, { a: 1 }])
      page.ws.Emit('nobody hears this', value);
    page.ws.EmitMessage('still here');

    await expect.poll(() => page.heard).toEqual(['raw: still here']);
    const closed = once(page.ws.conn, 'close');
    page.ws.Disconnect();
    await closed;
  });
});
