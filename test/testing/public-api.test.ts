import { readFileSync } from 'node:fs';
import * as testing from 'nefeli/testing';
import { describe, expect, it } from 'vitest';

/** What users' tests import. A name that goes breaks somebody; a name that comes stays for years. */
const VALUES = ['ManualClock', 'testClient', 'testNamespace'];

const TYPES = `
  ClientNamespaces ConnectOptions EventHandler ExpectOptions HandlerFailure HeardEvent NamespaceTest
  TestClient TestClientOptions TestNamespaceOptions TestServer TestSubject WebSocketEvent WebSocketLike
`
  .trim()
  .split(/\s+/);

describe('the package entry nefeli/testing', () => {
  it('exports these values and no others', () => {
    expect(Object.keys(testing).sort()).toEqual(VALUES);
  });

  it('exports these types and no others', () => {
    const source = readFileSync('src/testing/index.ts', 'utf8');
    const names = [...source.matchAll(/export (type )?\{([^}]+)\}/g)].flatMap(([, allTypes, list = '']) =>
      list
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && (allTypes !== undefined || name.startsWith('type ')))
        .map((name) => name.replace('type ', '')),
    );
    expect(names.sort()).toEqual(TYPES.sort());
  });
});
