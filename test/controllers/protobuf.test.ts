import protobuf from 'protobufjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildProtobufApp } from '../../controllers/protobuf/app.js';
import { readChatMessage } from '../../controllers/protobuf/chat-message.js';
import { connected } from '../interop/neffos-peer.js';
import { binaryFrame } from '../interop/raw-peer.js';
import { RawClient } from '../support/start-app.js';
import { describePage, ExamplePage, SOON } from './example-page.js';
import { ENDPOINT, type ServedExample, serveExample } from './serve-example.js';

const ChatMessage = protobuf.loadSync('controllers/protobuf/public/chat.proto').lookupType('chat.ChatMessage');
const writeChatMessage = (message: object): Uint8Array => ChatMessage.encode(ChatMessage.create(message)).finish();
const HELLO = { username: 'Ada', text: 'hello; 👋' };

describe('the protobuf chat', () => {
  let served: ServedExample;

  beforeEach(async () => {
    served = await serveExample(buildProtobufApp());
  });

  const join = (): Promise<RawClient> => RawClient.join(served.app, 'default', { path: ENDPOINT });

  it('hands a binary message on to all others as the bytes that came, in a binary frame', async () => {
    const [ada, bob, eve] = [await join(), await join(), await join()];
    const frame = binaryFrame(';default;;chat;0;0;', writeChatMessage(HELLO));

    ada.send(frame);

    expect(await bob.next()).toEqual(Buffer.from(frame));
    expect(await eve.next()).toEqual(Buffer.from(frame));
    ada.send('$1;default;;chat_test;0;0;after it');
    expect(await ada.next()).toBe('$1;;;;;;'); // its own message did not come back
  });

  it('reaches neffos.js, which decodes it with the schema', async () => {
    const [ada, bob] = [await connected(served), await connected(served)];

    ada.peer.emitBinary(ada.ns, 'chat', writeChatMessage(HELLO));

    await expect.poll(() => bob.peer.bodies('chat')).toHaveLength(1);
    const [body] = bob.peer.bodies('chat');
    expect(readChatMessage(new Uint8Array(body as ArrayBuffer))).toEqual(HELLO); // neffos.js gives bytes so
  });

  it('keeps fields that it does not know: those of a newer schema', async () => {
    const [ada, bob] = [await join(), await join()];
    const newer = new Uint8Array([...writeChatMessage(HELLO), (3 << 3) | 2, 1, 0x21]);
    const frame = binaryFrame(';default;;chat;0;0;', newer);

    ada.send(frame);

    expect(await bob.next()).toEqual(Buffer.from(frame));
  });

  it('hands `chat_test` on as text', async () => {
    const [ada, bob] = [await connected(served), await connected(served)];

    ada.ns.emit('chat_test', 'plain; text');

    await expect.poll(() => bob.peer.bodies('chat_test')).toEqual(['plain; text']);
  });

  it.each([
    ['what is no protobuf', new Uint8Array([0xff]), 'This is no chat.ChatMessage: see /chat.proto.'],
    ['a text that is cut off', new Uint8Array([10, 200, 65]), 'This is no chat.ChatMessage: see /chat.proto.'],
    ['an empty name', writeChatMessage({ ...HELLO, username: '' }), 'A name has 1 to 24 characters.'],
    ['no field at all', new Uint8Array(), 'A name has 1 to 24 characters.'],
    [
      'a text of 501 characters',
      writeChatMessage({ ...HELLO, text: 'x'.repeat(501) }),
      'A message has 1 to 500 characters.',
    ],
  ])("tells the sender's `chat` handler why it refuses %s, and nobody else anything", async (_what, bytes, text) => {
    const [ada, bob] = [await join(), await join()];

    ada.send(binaryFrame(';default;;chat;0;0;', bytes));
    expect(String(await ada.next())).toBe(`;default;;chat;1;0;${text}`);

    ada.send(';default;;chat_test;0;0;after it');
    expect(await bob.next()).toBe(';default;;chat_test;0;0;after it');
  });

  it('tells neffos.js of the refusal as an error of its `chat` handler', async () => {
    const { peer, ns } = await connected(served);

    ns.emit('chat', 'text');

    await expect
      .poll(() => peer.seen.find(({ event }) => event === 'chat')?.error)
      .toBe('A chat message is binary: see /chat.proto.');
  });

  it('answers an ask with what is wrong, in either kind of frame', async () => {
    const ada = await join();

    ada.send('$1;default;;chat;0;0;text', binaryFrame('$2;default;;chat_test;0;0;', new Uint8Array([1])));

    expect(String(await ada.next())).toBe('$1;default;;chat;1;0;A chat message is binary: see /chat.proto.');
    expect(String(await ada.next())).toBe('$2;default;;chat_test;1;0;A test message is text.');
  });

  it('closes a connection whose message is larger than 4 KiB with 1009', async () => {
    const ada = await join();

    ada.send(binaryFrame(';default;;chat;0;0;', new Uint8Array(4_096)));

    expect(await ada.closed).toMatchObject({ code: 1009 });
  });
});

describePage('the page of the protobuf chat', (browser) => {
  it('writes and reads the schema of the server, without eval, and shows texts as text', async () => {
    const served = await serveExample(buildProtobufApp());
    const [ada, bob] = [await ExamplePage.open(browser(), served.page), await ExamplePage.open(browser(), served.page)];
    for (const visitor of [ada, bob]) await expect.poll(() => visitor.status, SOON).toBe('Connected');

    await ada.page.getByLabel('Your name').fill('Ada');
    await ada.send('Message', '<b>hello</b>');
    await expect.poll(() => bob.log, SOON).toEqual(['Ada <b>hello</b> 19 bytes']);
    expect(await ada.log).toEqual(['Ada <b>hello</b> 19 bytes']);

    await ada.page.getByLabel('Your name').fill(' ');
    await ada.send('Message', 'anonymous');
    await expect.poll(() => ada.problem, SOON).toBe('A name has 1 to 24 characters.');
  });
});
