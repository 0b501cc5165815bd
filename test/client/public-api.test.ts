import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as browser from '../../src/client/index.js';
import * as node from '../../src/client/node.js';

/** What pages import. A name that goes breaks somebody; a name that comes stays for years. */
const VALUES = ['PublicError', 'RemoteError', 'WsError', 'dial'];

const TYPES = `
  Address AnyContracts AnySays ClientConn ClientEventHandlers ClientEvents ClientHandler ClientMessage ClientNSConn ClientRoom
  ConnState ConnectOptions Contract ContractOf ContractsOf DialOptions ErrorPlace Jsonified QueueOptions Readable StreamOptions
`
  .trim()
  .split(/\s+/);

const typesOf = (file: string): string[] => {
  const source = readFileSync(file, 'utf8');
  const lists = [...source.matchAll(/^export type \{([^}]+)\}/gm)].map(([, list = '']) => list);
  const declared = [...source.matchAll(/^export interface (\w+)/gm)].map(([, name = '']) => name);
  return [...lists.flatMap((list) => list.split(',')).map((name) => name.trim()), ...declared].filter(Boolean).sort();
};

describe('the package entry nefeli/client', () => {
  it('exports these values and no others, in browsers and in Node', () => {
    expect(Object.keys(browser).sort()).toEqual(VALUES);
    expect(Object.keys(node).sort()).toEqual(VALUES);
  });

  it('exports these types and no others, and in Node the options that only Node has', () => {
    expect(typesOf('src/client/index.ts')).toEqual(TYPES.toSorted());
    expect(typesOf('src/client/node.ts')).toEqual([...TYPES, 'NodeDialOptions'].toSorted());
  });
});
