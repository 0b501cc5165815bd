import { describe, expect, it } from 'vitest';
import type { LiveConn } from '../../src/core/live-conn.js';
import { Session } from '../../src/server/session.js';
import { settle, testServer } from '../support/test-server.js';
import { HeldSocket } from './held-socket.js';

function open(onDisconnect: () => unknown = () => {}) {
  const t = testServer({ default: {} }, { onDisconnect });
  const { conn, socket: own } = t.accept({ hello: true });
  const socket = new HeldSocket();
  const session = new Session(conn as LiveConn, socket, '192.0.2.1'); // what a server makes
  let isOver = false;
  void session.over.then(() => {
    isOver = true;
  });
  const hasEnded = async (): Promise<boolean> => {
    await settle();
    return isOver;
  };
  return { t, conn, own, socket, session, hasEnded };
}

describe('Session', () => {
  it('is over when the socket has closed and the last event has been handled, whichever comes last', async () => {
    let finish: () => void = () => {};
    const { own, session, hasEnded } = open(() => new Promise<void>((resolve) => (finish = resolve)));

    own.receiveClose();
    session.onSocketClosed();
    expect(await hasEnded()).toBe(false);
    finish();

    expect(await hasEnded()).toBe(true);
  });

  it('is not over while the socket has not closed', async () => {
    const { conn, session, hasEnded } = open();

    conn.close();
    expect(await hasEnded()).toBe(false);
    session.onSocketClosed();

    expect(await hasEnded()).toBe(true);
  });

  it('ends a lost connection with 1006, without a close frame, and counts it', async () => {
    const { t, conn, own, session } = open();

    session.onLost();

    expect(await conn.closed).toEqual({ code: 1006, reason: 'no pong' });
    expect(own.closedWith).toBeUndefined();
    expect(own.isOpen).toBe(false);
    expect(t.counters.get('heartbeat.lost')).toBe(1);
  });

  it('pings and terminates its socket', () => {
    const { socket, session } = open();

    session.ping();
    socket.unfinishedBytes = 7;
    socket.bytesBeforePing = 8;
    expect(session.unfinishedBytes()).toBe(7);
    expect(session.bytesBeforePing()).toBe(8);
    session.terminate();

    expect(socket.pings).toBe(1);
    expect(socket.isTerminated).toBe(true);
    expect(session.isReadingPaused()).toBe(false);
  });

  it('knows that reading is paused while more waits for a handler than may', async () => {
    const t = testServer({ default: { slow: () => new Promise(() => {}) } }, { limits: { maxInboxFrames: 1 } });
    const { conn, socket } = t.accept({ hello: true });
    socket.receive('$1;default;;_OnNamespaceConnect;0;0;');
    await settle();
    const session = new Session(conn as LiveConn, new HeldSocket(), ''); // what a server makes

    for (let index = 0; index < 3; index++) socket.receive(';default;;slow;0;0;');

    expect(session.isReadingPaused()).toBe(true);
  });
});
