import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { NefeliOptions } from '../../src/index.js';
import { NativeWire } from '../../src/protocol/wires.js';
import { DEFAULT_LIMITS, type Limits, resolveOptions, STRICT_LIMITS } from '../../src/server/options.js';
import { silentLog } from '../support/test-server.js';
import { readTables } from './markdown.js';

/** Every option there is: the compiler refuses this list when one is missing, or is none. */
const OPTIONS: Record<keyof NefeliOptions, true> = {
  container: true,
  controllers: true,
  namespaces: true,
  handlers: true,
  namespaceOptions: true,
  use: true,
  eventMatcher: true,
  native: true,
  wire: true,
  name: true,
  path: true,
  clientScript: true,
  idGenerator: true,
  user: true,
  urlHeaders: true,
  allowedOrigins: true,
  checkOrigin: true,
  upgradeTimeoutMs: true,
  subprotocols: true,
  compression: true,
  onUpgradeRefused: true,
  websocket: true,
  onConnect: true,
  onDisconnect: true,
  onError: true,
  onRemoteError: true,
  askTimeoutMs: true,
  handlerTimeoutMs: true,
  readTimeoutMs: true,
  writeTimeoutMs: true,
  connectGapMs: true,
  closeGraceMs: true,
  closeSpreadMs: true,
  heartbeat: true,
  slowReader: true,
  limits: true,
  adapter: true,
  metrics: true,
};

const UNITS = new Map([
  ['KiB', 1_024],
  ['MiB', 1_024 * 1_024],
]);

/** What a cell means: `1 MiB`, `10,000`, `no limit`. */
function numberOf(cell: string): number {
  if (cell === 'no limit') return Number.POSITIVE_INFINITY;
  const [digits = '', unit] = cell.split(' ');
  return Number(digits.replaceAll(',', '')) * (unit === undefined ? 1 : (UNITS.get(unit) ?? Number.NaN));
}

const nameOf = (cells: readonly string[]): string => (cells[0] ?? '').replaceAll('`', '');

const tables = readTables(readFileSync('docs/options.md', 'utf8'));
const rowsOf = (kind: string): (readonly string[])[] =>
  tables.filter(({ header }) => header[0] === kind).flatMap(({ rows }) => rows);
const optionRows = new Map(rowsOf('option').map((cells) => [nameOf(cells), cells]));
const limitRows = new Map(rowsOf('limit').map((cells) => [nameOf(cells), cells]));
const limitNames = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]; // the keys are the names

const resolved = resolveOptions({ table: new Map(), wire: () => new NativeWire(), log: silentLog });

describe('docs/options.md', () => {
  it('names every option once, and no other', () => {
    expect(rowsOf('option').map(nameOf).sort()).toEqual(Object.keys(OPTIONS).sort());
  });

  it('names every limit once, and no other', () => {
    expect(rowsOf('limit').map(nameOf).sort()).toEqual([...limitNames].sort());
  });

  it.each(limitNames)('gives the default of %s', (name) => {
    expect(numberOf(limitRows.get(name)?.[2] ?? '')).toBe(DEFAULT_LIMITS[name]);
  });

  it.each(limitNames)('gives the strict value of %s', (name) => {
    expect(numberOf(limitRows.get(name)?.[3] ?? '')).toBe(STRICT_LIMITS[name]);
  });

  it.each(limitNames)('gives %s in its unit', (name) => {
    const unit = limitRows.get(name)?.[1];

    expect(unit === 'bytes').toBe(name.endsWith('Bytes'));
    expect(unit === 'ms').toBe(name.endsWith('Ms'));
  });

  it.each(['askTimeoutMs', 'handlerTimeoutMs', 'connectGapMs', 'closeGraceMs', 'closeSpreadMs'] as const)(
    'gives the default of %s',
    (name) => {
      expect(numberOf(optionRows.get(name)?.[2] ?? '')).toBe(resolved[name]);
    },
  );

  it('gives the defaults of the heartbeat: pingMs, then pongMs', () => {
    const defaults = (optionRows.get('heartbeat')?.[2] ?? '').split(' and ').map(numberOf);

    expect(resolved.heartbeat).toEqual({ pingMs: defaults[0], pongMs: defaults[1] });
  });

  it('gives the default of slowReader', () => {
    expect(optionRows.get('slowReader')?.[2]).toBe(`\`'${resolved.slowReader}'\``);
  });

  it('gives messageBurst as twice messagesPerSecond when only that is given', () => {
    const wire = (): NativeWire => new NativeWire();
    const { limits } = resolveOptions({
      table: new Map(),
      wire,
      log: silentLog,
      limits: { messagesPerSecond: 7 },
    });

    expect(limits.messageBurst).toBe(14);
  });
});
