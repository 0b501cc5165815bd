import { describe, expect, it } from 'vitest';
import { UnfinishedMessages } from '../../src/transport/unfinished-messages.js';

function unfinished(maxBytes: number, ...names: readonly string[]) {
  const crowded: string[] = [];
  const messages = new UnfinishedMessages(maxBytes);
  const receiving = names.map((name) => ({ onCrowded: () => void crowded.push(name) }));
  return { messages, receiving, crowded };
}

describe('UnfinishedMessages', () => {
  it('counts what has come of all, until they are whole', () => {
    const { messages, receiving, crowded } = unfinished(100, 'a', 'b');
    const [a, b] = receiving as [(typeof receiving)[0], (typeof receiving)[0]];

    messages.add(a, 40);
    messages.add(b, 30);
    messages.add(a, 30);
    expect(messages.bytes).toBe(100);
    messages.delete(a);
    messages.delete(a);
    expect(messages.bytes).toBe(30);
    messages.delete(b);

    expect([messages.bytes, crowded]).toEqual([0, []]);
  });

  it('tells the oldest, as many as it takes, and does not count them any more', () => {
    const { messages, receiving, crowded } = unfinished(100, 'a', 'b', 'c', 'd');
    for (const each of receiving.slice(0, 3)) messages.add(each, 33);

    messages.add(receiving[3] ?? expect.fail(), 50);

    expect([crowded, messages.bytes]).toEqual([['a', 'b'], 83]);
  });

  it('takes for the oldest who has begun first, however much has come since', () => {
    const { messages, receiving, crowded } = unfinished(100, 'a', 'b');
    const [a, b] = receiving as [(typeof receiving)[0], (typeof receiving)[0]];
    messages.add(a, 1);
    messages.add(b, 90);

    messages.add(a, 10);

    expect([crowded, messages.bytes]).toEqual([['a'], 90]);
  });

  it('tells one that is too much by itself', () => {
    const { messages, receiving, crowded } = unfinished(100, 'a');

    messages.add(receiving[0] ?? expect.fail(), 101);

    expect([crowded, messages.bytes]).toEqual([['a'], 0]);
  });
});
