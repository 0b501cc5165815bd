import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MetricName, SlowReaderPolicy } from '../../src/index.js';
import { ScriptedAdapter } from '../server/scripted-adapter.js';
import { settle, testServer } from '../support/test-server.js';
import { readTables } from './markdown.js';

/** Every metric there is: the compiler refuses this list when one is missing, or is none. */
const METRICS: Record<MetricName, true> = {
  'connections.opened': true,
  'connections.closed': true,
  'connections.refused': true,
  'frames.in': true,
  'frames.malformed': true,
  'frames.unwanted': true,
  'replies.unexpected': true,
  'messages.unhandled': true,
  'errors.remote': true,
  'errors.handler': true,
  'asks.sent': true,
  'asks.timedOut': true,
  'broadcasts.sent': true,
  'broadcasts.delivered': true,
  'adapter.failed': true,
  'adapter.dropped': true,
  'adapter.down': true,
  'adapter.lost': true,
  'adapter.malformed': true,
  'adapter.repeated': true,
  'neffos.skipped': true,
  'neffos.lost': true,
  'outbox.dropped': true,
  'outbox.overflowed': true,
  'heartbeat.lost': true,
  'timeouts.read': true,
  'timeouts.message': true,
  'unfinished.closed': true,
  'timeouts.write': true,
  'reading.paused': true,
};

const tables = readTables(readFileSync('docs/operations.md', 'utf8'));
const rowsOf = (kind: string): (readonly string[])[] =>
  tables.filter(({ header }) => header[0] === kind).flatMap(({ rows }) => rows);
const plain = (cell = ''): string => cell.replaceAll('`', '');

/** The channels of the page, and the fields that it says a message of each has. */
const channels = rowsOf('channel').map(([name, message = '']) => ({
  name: plain(name),
  fields: (/\{ (.*?) \}/.exec(message)?.[1] ?? '').split(', '),
}));

describe('docs/operations.md', () => {
  it('names every metric once, and no other', () => {
    expect(
      rowsOf('name')
        .map(([name]) => plain(name))
        .sort(),
    ).toEqual(Object.keys(METRICS).sort());
  });

  it('names every diagnostics channel, and the fields of its messages', async () => {
    const heard = new Map<string, string[]>();
    const listeners = channels.map(({ name }) => {
      const listener = (message: unknown): void => void heard.set(name, Object.keys(message as object)); // an object each
      subscribe(name, listener);
      return () => unsubscribe(name, listener);
    });
    const adapter = new ScriptedAdapter();
    const { accept, server } = testServer({ default: {} }, { adapter });
    await server.start();

    const { conn } = accept({ hello: true });
    server.in('default').broadcast('chat', 'hello');
    conn.close();
    adapter.become('down');
    await settle();
    for (const stop of listeners) stop();

    const said = readFileSync('src/server/diagnostics.ts', 'utf8').matchAll(/channel\('([^']+)'\)/g);
    expect([...said].map(([, name]) => name).sort()).toEqual(channels.map(({ name }) => name).sort());
    expect([...heard].sort()).toEqual(channels.map(({ name, fields }): [string, string[]] => [name, fields]).sort());
  });

  it('names the policies for slow readers', () => {
    const policies = { close: true, 'drop-newest': true, 'drop-oldest': true } satisfies Record<SlowReaderPolicy, true>;

    expect(rowsOf('policy').map(([name]) => plain(name).replaceAll("'", ''))).toEqual(Object.keys(policies));
  });
});
