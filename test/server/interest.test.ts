import { describe, expect, it } from 'vitest';
import type { Topic } from '../../src/ports/topic.js';
import { Interest } from '../../src/server/interest.js';
import { settle } from '../support/test-server.js';
import { ScriptedAdapter } from './scripted-adapter.js';

const room: Topic = { kind: 'room', namespace: 'default', room: 'lobby' };
const all: Topic = { kind: 'namespace', namespace: 'default' };

function start() {
  const adapter = new ScriptedAdapter();
  const failures: string[] = [];
  const interest = new Interest(adapter, (_, doing) => failures.push(doing));
  return { adapter, interest, failures };
}

describe('Interest', () => {
  it('subscribes what is new in one call, and waits for what others have begun', async () => {
    const { adapter, interest } = start();
    const calls: (readonly string[])[] = [];
    let subscribed: () => void = () => {};
    adapter.onSubscribe = (topics) => {
      calls.push(topics);
      return new Promise((resolve) => (subscribed = resolve));
    };
    const entered: string[] = [];

    void interest.enter([all, room])?.then(() => entered.push('first'));
    void interest.enter([room])?.then(() => entered.push('second'));
    await settle();
    expect(entered).toEqual([]);
    subscribed();
    await settle();

    expect(entered).toEqual(['first', 'second']);
    expect(calls).toEqual([['ndefault', 'r7:defaultlobby']]);
  });

  it('makes nobody wait for what is subscribed already', async () => {
    const { interest } = start();
    await interest.enter([room]);

    expect(interest.enter([room])).toBeUndefined();
  });

  it('unsubscribes with the last one, what is left together in one call', async () => {
    const { adapter, interest } = start();
    await interest.enter([all, room]);
    await interest.enter([all]);

    interest.leave([all, room]);
    expect(adapter.unsubscribed).toEqual(['r7:defaultlobby']);
    interest.leave([all]);

    expect(adapter.unsubscribed).toEqual(['r7:defaultlobby', 'ndefault']);
  });

  it('leaves all of what it was to enter when one of it fails', async () => {
    const { adapter, interest, failures } = start();
    await interest.enter([all]);
    adapter.onSubscribe = async () => {
      throw new Error('no broker');
    };

    await expect(interest.enter([all, room])).rejects.toThrow('no broker');
    interest.leave([all]);

    expect(failures).toEqual(['subscribe']);
    expect(adapter.unsubscribed).toEqual(['r7:defaultlobby', 'ndefault']);
  });
});
