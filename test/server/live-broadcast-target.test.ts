import { describe, expect, it } from 'vitest';
import type { Answer, Gathered } from '../../src/ports/broadcaster.js';
import type { Target } from '../../src/ports/hub.js';
import {
  addExceptions,
  everybodyIn,
  LiveBroadcastTarget,
  type TargetActions,
} from '../../src/server/live-broadcast-target.js';

/** Remembers what a target was carried out with. */
class Actions implements TargetActions {
  readonly calls: { what: string; target: Target; args: unknown[] }[] = [];
  readonly answer = { id: 'a' } as Answer; // passed on as it is
  broadcast(target: Target, ...args: unknown[]): void {
    this.calls.push({ what: 'broadcast', target, args });
  }
  async broadcastAcked(target: Target, ...args: unknown[]): Promise<number> {
    this.calls.push({ what: 'broadcastAcked', target, args });
    return 3;
  }
  async ask(target: Target, ...args: unknown[]): Promise<Answer> {
    this.calls.push({ what: 'ask', target, args });
    return this.answer;
  }
  readonly gathered = { answers: [], failures: [], silentServers: [], isComplete: true };
  async gather(target: Target, ...args: unknown[]): Promise<Gathered> {
    this.calls.push({ what: 'gather', target, args });
    return this.gathered;
  }
  async act(target: Target, ...args: unknown[]): Promise<number> {
    this.calls.push({ what: 'act', target, args });
    return 5;
  }
  async rooms(target: Target): Promise<string[]> {
    this.calls.push({ what: 'rooms', target, args: [] });
    return ['lobby'];
  }
  async count(target: Target): Promise<number> {
    this.calls.push({ what: 'count', target, args: [] });
    return 4;
  }
  async members(target: Target): Promise<[]> {
    this.calls.push({ what: 'members', target, args: [] });
    return [];
  }
}

const chain = (): { actions: Actions; everybody: LiveBroadcastTarget } => {
  const actions = new Actions();
  return { actions, everybody: new LiveBroadcastTarget(actions, everybodyIn('default')) };
};

describe('LiveBroadcastTarget', () => {
  it('narrows step by step: rooms and ids are unions', () => {
    const { actions, everybody } = chain();

    everybody.room('a').room('b', 'c').to('x').to('y').broadcast('chat', 'hi');

    expect(actions.calls).toEqual([
      {
        what: 'broadcast',
        target: { namespace: 'default', rooms: ['a', 'b', 'c'], ids: ['x', 'y'], exceptIds: [], exceptKeys: [] },
        args: ['chat', 'hi'],
      },
    ]);
  });

  it('leaves out a connection, a namespace of one, and every connection of an id', () => {
    const { actions, everybody } = chain();

    everybody
      .except({ key: 'k1' }, { conn: { key: 'k2' } })
      .except('id')
      .broadcast('chat');

    expect(actions.calls[0]?.target).toMatchObject({ exceptKeys: ['k1', 'k2'], exceptIds: ['id'] });
  });

  it('changes nothing with a step: two ways from one target do not meet', () => {
    const { actions, everybody } = chain();
    const lobby = everybody.room('lobby');

    lobby.to('a').except('b').broadcast('one');
    lobby.room('hall').broadcast('two');
    lobby.broadcast('three');
    everybody.broadcast('four');

    expect(actions.calls.map(({ target }) => [target.rooms, target.ids, target.exceptIds])).toEqual([
      [['lobby'], ['a'], ['b']],
      [['lobby', 'hall'], [], []],
      [['lobby'], [], []],
      [[], [], []],
    ]);
  });

  it('asks, counts, lists and broadcasts with an acknowledgement, and gives what comes of it', async () => {
    const { actions, everybody } = chain();

    expect(await everybody.ask('sum', [1], { timeoutMs: 5 })).toBe(actions.answer);
    expect(await everybody.count()).toBe(4);
    expect(await everybody.members()).toEqual([]);
    expect(await everybody.broadcastAcked('chat', 'hi')).toBe(3);
    expect(actions.calls.map(({ what, args }) => [what, ...args])).toEqual([
      ['ask', 'sum', [1], { timeoutMs: 5 }],
      ['count'],
      ['members'],
      ['broadcastAcked', 'chat', 'hi'],
    ]);
  });
});

describe('LiveBroadcastTarget over many servers', () => {
  it('gathers, lists rooms, and has connections moved and closed', async () => {
    const { actions, everybody } = chain();

    expect(await everybody.gather('sum', [1], { timeoutMs: 5 })).toBe(actions.gathered);
    expect(await everybody.rooms()).toEqual(['lobby']);
    expect(await everybody.joinRoom('lobby', { timeoutMs: 5 })).toBe(5);
    await everybody.leaveRoom('lobby');
    await everybody.disconnect();
    await everybody.close();
    await everybody.close(4001, 'enough');

    expect(actions.calls.map(({ what, args }) => [what, ...args])).toEqual([
      ['gather', 'sum', [1], { timeoutMs: 5 }],
      ['rooms'],
      ['act', { kind: 'joinRoom', room: 'lobby' }, { timeoutMs: 5 }],
      ['act', { kind: 'leaveRoom', room: 'lobby' }, undefined],
      ['act', { kind: 'disconnect' }, undefined],
      ['act', { kind: 'close', code: 1000, reason: '' }, undefined],
      ['act', { kind: 'close', code: 4001, reason: 'enough' }, undefined],
    ]);
  });
});

describe('addExceptions', () => {
  it('leaves the given target as it was', () => {
    const target = everybodyIn('default');

    addExceptions(target, ['a', { key: 'k' }]);

    expect(target).toEqual({ namespace: 'default', rooms: [], ids: [], exceptIds: [], exceptKeys: [] });
  });
});
