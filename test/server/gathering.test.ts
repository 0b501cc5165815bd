import { describe, expect, it } from 'vitest';
import type { QueryResult } from '../../src/ports/adapter.js';
import { Gathering } from '../../src/server/gathering.js';

const one: QueryResult = { kind: 'count', count: 1 };

describe('Gathering', () => {
  it('tells each result as it comes, and ends with nobody silent when every server has said its last', async () => {
    const results: QueryResult[] = [];
    const gathering = new Gathering(['a', 'b'], (result) => results.push(result));

    gathering.add('a', one, false);
    gathering.add('b', { kind: 'nobody' }, true);
    gathering.add('a', one, true);

    expect(await gathering.ended).toEqual([]);
    expect(results).toEqual([one, { kind: 'nobody' }, one]);
  });

  it('ends at once when there is nobody to answer', async () => {
    expect(await new Gathering([], () => {}).ended).toEqual([]);
  });

  it('tells the result of a server that was not known, and does not count it for another', async () => {
    const results: QueryResult[] = [];
    const gathering = new Gathering(['a'], (result) => results.push(result));

    gathering.add('new', one, true);
    gathering.end();

    expect(await gathering.ended).toEqual(['a']);
    expect(results).toEqual([one]);
  });

  it('does not tell what a server says after its last', async () => {
    const results: QueryResult[] = [];
    const gathering = new Gathering(['a', 'b'], (result) => results.push(result));

    for (const isLast of [false, true, true, false]) gathering.add('a', one, isLast);
    for (const isLast of [true, true]) gathering.add('new', one, isLast);
    gathering.end();

    expect(await gathering.ended).toEqual(['b']);
    expect(results).toEqual([one, one, one]);
  });

  it('ends with the names of those that have not said their last when it is ended before', async () => {
    const gathering = new Gathering(['a', 'b', 'c'], () => {});
    gathering.add('a', one, true);
    gathering.add('b', one, false);

    gathering.end();

    expect(await gathering.ended).toEqual(['b', 'c']);
  });

  it('does not wait for a server that has gone, and names it, unless it had said its last', async () => {
    const gathering = new Gathering(['a', 'b'], () => {});
    gathering.add('a', one, true);

    gathering.lose('a');
    gathering.lose('b');

    expect(await gathering.ended).toEqual(['b']);
  });

  it('rejects with the error when the others could not be asked', async () => {
    const gathering = new Gathering(['a'], () => {});

    gathering.fail(new Error('no broker'));

    await expect(gathering.ended).rejects.toThrow('no broker');
  });
});
