import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testServer } from '../support/test-server.js';
import { member } from './member.js';

/** What is published on a channel until the test has ended. */
function listen(channel: string): unknown[] {
  const heard: unknown[] = [];
  const remember = (message: unknown): void => void heard.push(message);
  subscribe(channel, remember);
  onTestFinished(() => void unsubscribe(channel, remember));
  return heard;
}

describe('diagnostics', () => {
  it('tells of opened and closed connections, with the code and the reason', () => {
    const [opened, closed] = [listen('nefeli:connection.opened'), listen('nefeli:connection.closed')];
    const { conn, socket } = testServer({ default: {} }).accept();

    expect(opened).toEqual([{ conn }]);
    expect(closed).toEqual([]);
    socket.receiveClose(1001, 'away');
    expect(closed).toEqual([{ conn, code: 1001, reason: 'away' }]);
  });

  it('tells of a broadcast, with its target and how many receive it', async () => {
    const heard = listen('nefeli:broadcast');
    const t = testServer({ default: {} });
    await member(t, { rooms: ['lobby'] });
    await member(t);

    t.server.in('default').room('lobby').broadcast('chat', 'hi');

    expect(heard).toEqual([
      {
        target: { namespace: 'default', rooms: ['lobby'], ids: [], exceptIds: [], exceptKeys: [] },
        event: 'chat',
        receivers: 1,
      },
    ]);
  });
});
