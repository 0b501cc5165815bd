import { describe, expect, it } from 'vitest';
import { LiveMessage } from '../../src/core/live-message.js';
import type { HandledMessage } from '../../src/core/message-context.js';
import type { Conn, NSConn } from '../../src/ports/conn.js';
import type { Message } from '../../src/ports/message.js';
import { SystemEvent } from '../../src/protocol/event-names.js';
import { settle, testServer } from '../support/test-server.js';

const ns = { conn: { id: 'id', request: { url: '/ws' } } } as unknown as NSConn; // all that a context asks of it

const messageOf = (fields: { event: string; body?: string; isAsk?: boolean; isNative?: boolean }): LiveMessage =>
  new LiveMessage({} as Conn, { namespace: 'default', room: 'lobby', ...fields }); // no signal is asked for

describe('the context of a message', () => {
  it('is made when it is asked for, and is the same ever after', () => {
    const message = messageOf({ event: 'chat' });
    expect(message.context).toBeUndefined();

    const context = message.contextIn(ns);

    expect(message.context).toBe(context);
    expect(message.contextIn(ns)).toBe(context);
    expect(context.state).toBe(context.state);
  });

  it('is not made where nothing asks for it', async () => {
    const heard: Message[] = [];
    const { accept } = testServer({
      default: { chat: (msg) => void heard.push(msg), onRoomJoin: (msg) => void heard.push(msg) },
    });
    const { socket } = accept({ hello: true });
    socket.receive('$1;default;;_OnNamespaceConnect;0;0;');
    socket.receive('$2;default;a;_OnRoomJoin;0;0;');
    socket.receive(';default;;chat;0;0;hi');
    await settle();

    expect(heard.map((msg) => [msg.event, (msg as HandledMessage).context])).toEqual([
      ['_OnRoomJoin', undefined],
      ['chat', undefined],
    ]);
  });

  it('tells what the message and the NSConn tell', () => {
    const message = messageOf({ event: 'chat', body: 'text' });

    expect(message.contextIn(ns)).toMatchObject({
      message,
      ns,
      conn: { id: 'id' },
      request: { url: '/ws' },
      namespace: 'default',
      room: 'lobby',
      event: 'chat',
      body: 'text',
    });
  });

  it.each([
    ['event', messageOf({ event: 'chat' })],
    ['ask', messageOf({ event: 'chat', isAsk: true })],
    ['native', messageOf({ event: SystemEvent.NativeMessage, isNative: true })],
    ['namespace', messageOf({ event: SystemEvent.NamespaceConnect })],
    ['namespace', messageOf({ event: SystemEvent.NamespaceConnected })],
    ['namespace', messageOf({ event: SystemEvent.NamespaceDisconnect })],
    ['room', messageOf({ event: SystemEvent.RoomJoin })],
    ['room', messageOf({ event: SystemEvent.RoomJoined })],
    ['room', messageOf({ event: SystemEvent.RoomLeave })],
    ['room', messageOf({ event: SystemEvent.RoomLeft })],
  ] as const)('is of the kind %s (%#)', (kind, message) => {
    expect(message.contextIn(ns).kind).toBe(kind);
  });
});
