import { describe, expect, it } from 'vitest';
import { RemoteError } from '../../src/errors.js';
import { answerOf, LiveAnswer } from '../../src/server/asker.js';
import { settle, testServer } from '../support/test-server.js';
import { member } from './member.js';

const TOKEN = /^(n[0-9a-f]{16});default;;sum;0;0;\[1,2\]$/;

/** The token of the only ask a peer has been sent. */
function tokenOf(frames: readonly unknown[]): string {
  const [, token] = TOKEN.exec(String(frames[0])) ?? [];
  if (token === undefined || frames.length !== 1) throw new Error(`not one ask: ${JSON.stringify(frames)}`);
  return token;
}

describe('askFirst', () => {
  it('gives the reply of the one who is asked, with its id', async () => {
    const t = testServer({ default: {} });
    const { socket } = await member(t, { id: 'maria' });

    const asked = t.server.in('default').to('maria').ask('sum', [1, 2]);
    socket.receive(`${tokenOf(socket.sent)};default;;sum;0;0;{"sum":3}`);

    const answer = await asked;
    expect(answer).toMatchObject({ id: 'maria', body: '{"sum":3}', isBinary: false });
    expect(answer.json()).toEqual({ sum: 3 });
  });

  it('gives the first answer, and forgets the asks of the others', async () => {
    const t = testServer({ default: {} });
    const [slow, fast] = [await member(t, { id: 'slow' }), await member(t, { id: 'fast' })];

    const asked = t.server.ask({ namespace: 'default', event: 'sum', body: [1, 2] });
    fast.socket.receive(`${tokenOf(fast.socket.sent)};default;;sum;0;0;3`);

    expect(await asked).toMatchObject({ id: 'fast', body: '3' });
    await settle();
    expect(t.clock.timers).toBe(1); // the heartbeat's
    slow.socket.receive(`${tokenOf(slow.socket.sent)};default;;sum;0;0;4`);
    expect(t.counters.get('replies.unexpected')).toBe(1);
  });

  it('waits for another answer when one is an error', async () => {
    const t = testServer({ default: {} });
    const [failing, other] = [await member(t), await member(t, { id: 'other' })];

    const asked = t.server.in('default').ask('sum', [1, 2]);
    failing.socket.receive(`${tokenOf(failing.socket.sent)};default;;sum;1;0;cannot`);
    await settle();
    other.socket.receive(`${tokenOf(other.socket.sent)};default;;sum;0;0;3`);

    expect(await asked).toMatchObject({ id: 'other', body: '3' });
  });

  it('rejects with the error of the last one when all answer with errors', async () => {
    const t = testServer({ default: {} });
    const peers = [await member(t), await member(t)];

    const asked = t.server.in('default').ask('sum', [1, 2]);
    for (const [index, { socket }] of peers.entries()) {
      socket.receive(`${tokenOf(socket.sent)};default;;sum;1;0;cannot ${index}`);
    }

    await expect(asked).rejects.toMatchObject({ code: 'REMOTE_ERROR', text: 'cannot 1' });
  });

  it('does not take an answer that comes on a connection that was not asked', async () => {
    const t = testServer({ default: {} });
    const [asked, other] = [await member(t, { id: 'asked' }), await member(t, { id: 'other' })];

    const answer = t.server.in('default').to('asked').ask('sum', [1, 2]);
    const token = tokenOf(asked.socket.sent);
    other.socket.receive(`${token};default;;sum;0;0;forged`);
    asked.socket.receive(`${token};default;;sum;0;0;3`);

    expect(await answer).toMatchObject({ id: 'asked', body: '3' });
    expect(t.counters.get('replies.unexpected')).toBe(1);
  });

  it('rejects with ASK_UNHEARD when nobody is meant', async () => {
    const t = testServer({ default: {} });
    await member(t);

    await expect(t.server.in('default').room('empty').ask('sum')).rejects.toMatchObject({ code: 'ASK_UNHEARD' });
    await expect(t.server.ask({ namespace: 'default', event: 'sum', to: 'nobody' })).rejects.toMatchObject({
      code: 'ASK_UNHEARD',
    });
  });

  it('rejects with ASK_TIMEOUT once timeoutMs has passed, and keeps nothing', async () => {
    const t = testServer({ default: {} });
    await member(t);

    const asked = t.server.in('default').ask('sum', [1, 2], { timeoutMs: 200 });
    t.clock.advanceMs(200);

    await expect(asked).rejects.toMatchObject({ code: 'ASK_TIMEOUT', details: { event: 'sum', timeoutMs: 200 } });
    expect(t.counters.get('asks.timedOut')).toBe(1);
    expect(t.clock.timers).toBe(1); // the heartbeat's
  });

  it('waits for the askTimeoutMs of the server without a timeoutMs of its own', async () => {
    const t = testServer({ default: {} }, { askTimeoutMs: 700 });
    await member(t);

    const asked = t.server.in('default').ask('sum', [1, 2]);
    t.clock.advanceMs(700);

    await expect(asked).rejects.toMatchObject({ code: 'ASK_TIMEOUT' });
  });

  it('rejects with ASK_ABORTED and the reason as its cause when the signal aborts, before or while it waits', async () => {
    const t = testServer({ default: {} });
    await member(t);
    const controller = new AbortController();

    const asked = t.server.in('default').ask('sum', [1, 2], { signal: controller.signal });
    controller.abort('enough');

    await expect(asked).rejects.toMatchObject({ code: 'ASK_ABORTED', cause: 'enough' });
    const late = t.server.in('default').ask('sum', [1, 2], { signal: controller.signal });
    await expect(late).rejects.toMatchObject({ code: 'ASK_ABORTED', cause: 'enough' });
    expect(t.clock.timers).toBe(1); // the heartbeat's
  });

  it('rejects with CONN_CLOSED when the only one who is asked goes', async () => {
    const t = testServer({ default: {} });
    const { socket } = await member(t);

    const asked = t.server.in('default').ask('sum', [1, 2]);
    socket.receiveClose(1001);

    await expect(asked).rejects.toMatchObject({ code: 'CONN_CLOSED' });
  });

  it('refuses a reserved event and a body that cannot be sent, and asks nobody', async () => {
    const t = testServer({ default: {} });
    const { socket } = await member(t);

    await expect(t.server.in('default').ask('_OnRoomJoin')).rejects.toMatchObject({ code: 'EVENT_RESERVED' });
    await expect(t.server.in('default').ask('sum', 1n)).rejects.toMatchObject({ code: 'BODY_NOT_SENDABLE' });
    expect(socket.sent).toEqual([]);
  });
});

describe('LiveAnswer', () => {
  it('reads bytes as JSON, and rejects with BODY_NOT_JSON what is none', () => {
    expect(new LiveAnswer('a', 'sum', Buffer.from('[1]')).json()).toEqual([1]);
    expect(new LiveAnswer('a', 'sum', Buffer.from('[1]')).isBinary).toBe(true);
    expect(() => new LiveAnswer('a', 'sum', 'x').json()).toThrow(/^BODY_NOT_JSON: the body of "sum"/);
  });
});

describe('answerOf', () => {
  it('gives what the connections of another server answered as this one would have', () => {
    expect(answerOf('sum', { kind: 'reply', id: 'a', body: '3' })).toEqual(new LiveAnswer('a', 'sum', '3'));
    expect(answerOf('sum', { kind: 'error', text: 'bad event' })).toEqual(new RemoteError('bad event'));
    expect(answerOf('sum', { kind: 'nobody' })).toBeUndefined();
  });
});
