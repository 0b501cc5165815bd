import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const BELOW = ['protocol', 'ports', 'errors'];

/**
 * Layer → what it may import: a layer by the name of its folder, a package as `npm:<name>`, Node's own as `node:*`. The
 * packages `fastify` and `inversify` and the layers of those names are so told apart.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  protocol: ['errors'],
  ports: ['protocol', 'errors', 'npm:@standard-schema/spec'],
  core: BELOW,
  middleware: ['core', ...BELOW],
  server: ['core', ...BELOW, 'node:*'],
  adapters: [...BELOW, 'node:*'],
  transport: [...BELOW, 'npm:ws', 'node:*'],
  decorators: ['ports', 'errors'],
  mvc: ['decorators', 'core', ...BELOW],
  'connection-style': ['mvc', 'core', ...BELOW],
  inversify: ['mvc', 'core', 'ports', 'errors', 'npm:inversify', 'npm:@inversifyjs/plugin', 'node:*'],
  fastify: [
    ...['inversify', 'mvc', 'decorators', 'server', 'transport', 'adapters', 'core', ...BELOW],
    ...['npm:fastify', 'npm:fastify-plugin', 'npm:@fastify/websocket', 'npm:inversify', 'node:*'],
  ],
  client: ['protocol', 'ports', 'errors', 'npm:ws'],
  testing: ['inversify', 'mvc', 'decorators', 'server', 'core', ...BELOW, 'npm:inversify', 'node:*'],
};

/** Single files of a layer that is not allowed as a whole: what an app takes and refuses, a test takes and refuses. */
const MAY_IMPORT_FILE: Readonly<Record<string, readonly string[]>> = {
  testing: ['fastify/options.ts', 'fastify/check-options.ts', 'fastify/prepare.ts'], // they know Fastify by its types only
};

/** One broker's client an adapter: the folder of the adapter → the package it may know. */
const BROKER_OF: Readonly<Record<string, readonly string[]>> = {
  ...{ memory: [], broker: [], neffos: [], redis: ['ioredis'] },
  nats: ['@nats-io/transport-node'],
};

/** What the adapters of all brokers have in common: the folders of adapters that the others may know. */
const COMMON_ADAPTERS = ['adapters/broker', 'adapters/neffos'].map((folder) => join(resolve('src'), folder));

const SRC = resolve('src');
const IMPORT =
  /(?:^|;)\s*(?:import|export)\s+(?:type\s+)?(?:[^'";]*?\s+from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|\bdeclare\s+module\s+['"](\.[^'"]+)['"]/gm;

interface Edge {
  readonly from: string;
  readonly spec: string;
  readonly to: string | undefined;
}

/** A file's layer: its top folder, or its own name when it lies directly in `src/`. */
const layerOf = (file: string): string => (relative(SRC, file).split('/')[0] ?? '').replace(/\.ts$/, '');
const shown = (file: string): string => relative(SRC, file);

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(SRC, name));

const edges: readonly Edge[] = files.flatMap((from) => {
  const code = readFileSync(from, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return [...code.matchAll(IMPORT)].map((match): Edge => {
    const spec = match[1] ?? match[2] ?? match[3] ?? '';
    return { from, spec, to: spec.startsWith('.') ? resolve(dirname(from), spec).replace(/\.js$/, '.ts') : undefined };
  });
});

/** The name of the package that a specifier leads into, without the path inside it. */
const packageOf = (spec: string): string => spec.split('/', spec.startsWith('@') ? 2 : 1).join('/');

function targetOf({ spec, to }: Edge): string {
  if (to) return layerOf(to);
  return spec.startsWith('node:') ? 'node:*' : `npm:${packageOf(spec)}`;
}

function brokersOf(file: string): readonly string[] {
  const [layer, adapter = ''] = relative(SRC, file).split('/');
  return layer === 'adapters' ? (BROKER_OF[adapter] ?? []).map((name) => `npm:${name}`) : [];
}

describe('the source', () => {
  it('reads at least one import of each of its files but the leaves', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(edges.length).toBeGreaterThan(files.length);
  });

  it('lies in known layers', () => {
    const strays = files.filter((file) => layerOf(file) !== 'index' && !(layerOf(file) in MAY_IMPORT));
    expect(strays.map(shown)).toEqual([]);
  });

  it('imports nothing that its layer must not know, types included', () => {
    const breaches = edges.filter((edge) => {
      const layer = layerOf(edge.from);
      const allowed = [layer, ...(MAY_IMPORT[layer] ?? []), ...brokersOf(edge.from)];
      const isAllowedFile = edge.to !== undefined && (MAY_IMPORT_FILE[layer] ?? []).includes(shown(edge.to));
      return layer !== 'index' && !allowed.includes(targetOf(edge)) && !isAllowedFile;
    });
    expect(breaches.map(({ from, spec }) => `${shown(from)} → ${spec}`)).toEqual([]);
  });

  it.each(Object.values(MAY_IMPORT_FILE).flat())('loads nothing of its own layer or of Fastify by %s', (file) => {
    const code = readFileSync(join(SRC, file), 'utf8');
    const loaded = [...code.matchAll(/^import (?!type )[^;]*?from '([^']+)'/gm)].map(([, spec = '']) => spec);

    expect(loaded.filter((spec) => !spec.startsWith('../'))).toEqual([]);
  });

  it('has no adapter that knows another', () => {
    const breaches = edges.filter(
      ({ from, to }) =>
        to &&
        layerOf(from) === 'adapters' &&
        layerOf(to) === 'adapters' &&
        ![dirname(from), ...COMMON_ADAPTERS].includes(dirname(to)),
    );
    expect(breaches.map(({ from, spec }) => `${shown(from)} → ${spec}`)).toEqual([]);
  });

  it('has no files that import each other in a circle, not even for a type', () => {
    const settled = new Set<string>();
    const circlesFrom = (file: string, trail: readonly string[]): string[][] => {
      if (trail.includes(file)) return [[...trail.slice(trail.indexOf(file)), file]];
      if (settled.has(file)) return [];
      const targets = edges.flatMap(({ from, to }) => (from === file && to ? [to] : []));
      const found = targets.flatMap((target) => circlesFrom(target, [...trail, file]));
      settled.add(file);
      return found;
    };
    const circles = files.flatMap((file) => circlesFrom(file, []));
    expect(circles.map((circle) => circle.map(shown).join(' → '))).toEqual([]);
  });

  it('imports only files that exist', () => {
    const known = new Set(files);
    expect(edges.filter(({ to }) => to && !known.has(to)).map(({ from, spec }) => `${shown(from)} → ${spec}`)).toEqual(
      [],
    );
  });

  it('stays under 300 lines a file', () => {
    const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 301);
    expect(long.map(shown)).toEqual([]);
  });
});
