import { describe, expect, it } from 'vitest';
import type { QueryResult } from '../../src/ports/adapter.js';
import { Gathering } from '../../src/server/gathering.js';

const one: QueryResult = { kind: 'count', count: 1 };

describe('Gathering', () => {
  it('tells each result as it comes, and ends complete with the last one that is expected', async () => {
    const results: QueryResult[] = [];
    const gathering = new Gathering((result) => results.push(result));

    gathering.expect(2);
    gathering.add(one);
    gathering.add({ kind: 'nobody' });

    expect(await gathering.ended).toBe(true);
    expect(results).toEqual([one, { kind: 'nobody' }]);
  });

  it('ends complete when the results have come before it was known how many there are', async () => {
    const gathering = new Gathering(() => {});

    gathering.add(one);
    gathering.expect(1);

    expect(await gathering.ended).toBe(true);
  });

  it('ends complete at once when no results are expected', async () => {
    const gathering = new Gathering(() => {});

    gathering.expect(0);

    expect(await gathering.ended).toBe(true);
  });

  it('ends incomplete when it is ended before', async () => {
    const gathering = new Gathering(() => {});
    gathering.expect(2);
    gathering.add(one);

    gathering.end();

    expect(await gathering.ended).toBe(false);
  });

  it('rejects with the error when the others could not be asked', async () => {
    const gathering = new Gathering(() => {});

    gathering.fail(new Error('no broker'));

    await expect(gathering.ended).rejects.toThrow('no broker');
  });
});
