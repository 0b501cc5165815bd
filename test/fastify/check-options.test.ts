import Fastify from 'fastify';
import { Container } from 'inversify';
import { joinConnHandlers, MemoryBus, memoryAdapter, Namespace, type NefeliOptions, nefeli } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkOptions } from '../../src/fastify/check-options.js';

const check = (options: object): void => checkOptions(options as NefeliOptions); // what a program without types may pass

@Namespace('default')
class Chat {
  onChat() {}
}

class Handlers {
  chat() {}
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const TIME = `a number of milliseconds above 0, and ${LONGEST_TIMER_MS} at most`;
const FUNCTIONS = [
  'onConnect',
  'onDisconnect',
  'onError',
  'onRemoteError',
  'idGenerator',
  'user',
  'checkOrigin',
  'onUpgradeRefused',
  'eventMatcher',
];
const TIMES = [
  'askTimeoutMs',
  'handlerTimeoutMs',
  'readTimeoutMs',
  'writeTimeoutMs',
  'closeGraceMs',
  'closeSpreadMs',
  'connectGapMs',
  'upgradeTimeoutMs',
];

describe('checkOptions', () => {
  it('takes every option in each of its kinds', () => {
    check({
      container: new Container(),
      controllers: [Chat, { controller: Chat, namespace: 'x', eventMatcher: () => [], concurrency: 1 }],
      namespaces: { a: { chat() {} }, b: Object.create(null) },
      handlers: joinConnHandlers(),
      namespaceOptions: {
        a: { concurrency: 'serial', use: [class {}] },
        b: { concurrency: 3, readTimeoutMs: 1, writeTimeoutMs: 2, handlerTimeoutMs: 3 },
        default: { concurrency: 'parallel' },
      },
      use: [() => undefined],
      eventMatcher: () => undefined,
      native: 'only',
      name: 'main',
      path: '/',
      idGenerator: async () => 'id',
      user: () => null,
      urlHeaders: ['X-Username'],
      allowedOrigins: ['https://app.example'],
      checkOrigin: () => true,
      upgradeTimeoutMs: 1,
      subprotocols: ['v2.chat', 'v1.chat'],
      compression: { thresholdBytes: 0, concurrency: 1, level: 9 },
      onUpgradeRefused() {},
      websocket: { options: { maxPayload: 1 } },
      limits: { maxConnections: Number.POSITIVE_INFINITY },
      heartbeat: { pingMs: 1_000 },
      slowReader: 'drop-oldest',
      askTimeoutMs: 0.5,
      handlerTimeoutMs: LONGEST_TIMER_MS,
      readTimeoutMs: 1,
      writeTimeoutMs: 1,
      closeGraceMs: 1,
      closeSpreadMs: 0,
      connectGapMs: 0,
      onConnect() {},
      onDisconnect() {},
      onError() {},
      onRemoteError() {},
      adapter: memoryAdapter(new MemoryBus()),
      metrics: { count() {} },
    });
    check({ allowedOrigins: '*', heartbeat: false, limits: 'strict', connectGapMs: 20, compression: true });
    check({ compression: false });
    for (const wire of ['neffos', 'iris', 'go-websocket', {}, { prefix: 'my:', binaryMessages: true }]) check({ wire });
  });

  it('takes undefined for an option, or a field, that is left out', () => {
    check({ path: undefined, controllers: undefined, heartbeat: { pingMs: undefined } });
  });

  it('takes what Fastify itself adds to the options of a plugin', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    const options = { namespaces: { default: {} }, prefix: '/v1', logLevel: 'warn', logSerializers: {} } as const;
    await app.register(nefeli, options);

    expect(app.nefeli.name).toBe('default');
  });

  it.each(FUNCTIONS)('refuses %s that is no function', (option) => {
    expect(() => check({ [option]: true })).toThrow(
      `OPTION_INVALID: the option ${option} is true, but must be a function.`,
    );
  });

  it.each(TIMES)('refuses %s that no timer can run', (option) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1, LONGEST_TIMER_MS + 1]) {
      expect(() => check({ [option]: value })).toThrow(
        `OPTION_INVALID: the option ${option} is ${value}, but must be ${TIME}.`,
      );
    }
    expect(() => check({ [option]: '5' })).toThrow(`the option ${option} is "5", but must be ${TIME}.`);
  });

  it.each<[string, object, string]>([
    ['native: true', { native: true }, "native is true, but must be 'only', or left out"],
    ['native: false', { native: false }, "native is false, but must be 'only', or left out"],
    [
      'heartbeat: true',
      { heartbeat: true },
      'heartbeat is true, but must be false, or an object with pingMs and pongMs',
    ],
    ['heartbeat: null', { heartbeat: null }, 'heartbeat is null, but must be false, or an object'],
    ['a time of the heartbeat', { heartbeat: { pongMs: 0 } }, `heartbeat.pongMs is 0, but must be ${TIME}`],
    ['another heartbeat', { heartbeat: { ping: 5 } }, 'heartbeat.ping is 5, but must be left out, or one of those'],
    ['an empty name', { name: '' }, 'name is "", but must be a text that is not empty'],
    ['a path without a slash', { path: 'ws' }, `path is "ws", but must be a path that starts with '/'`],
    [
      'a subprotocol with a blank',
      { subprotocols: ['a b'] },
      'subprotocols[0] is "a b", but must be a name of letters',
    ],
    ['one subprotocol', { subprotocols: 'v1' }, 'subprotocols is "v1", but must be an array of names'],
    ['a compression in words', { compression: 'yes' }, 'compression is "yes", but must be true, false, or an object'],
    ['a level', { compression: { level: 0 } }, 'compression.level is 0, but must be a whole number from 1 to 9'],
    ['half a message', { compression: { concurrency: 0.5 } }, 'compression.concurrency is 0.5, but must be a whole'],
    ['a threshold', { compression: { thresholdBytes: -1 } }, 'compression.thresholdBytes is -1, but must be a number'],
    ['one controller', { controllers: Chat }, 'controllers is the class Chat, but must be an array of classes'],
    ['an instance', { controllers: [Chat, new Chat()] }, 'controllers[1] is an instance of Chat, but must be a class'],
    ['the name of a class', { controllers: ['Chat'] }, 'controllers[0] is "Chat", but must be a class'],
    ['an arrow function', { controllers: [() => {}] }, 'controllers[0] is a function, but must be a class'],
    [
      'an empty map',
      { namespaces: { d: null } },
      'namespaces["d"] is null, but must be an object of handlers by event',
    ],
    ['a list of maps', { namespaces: [{}] }, 'namespaces is an array, but must be an object of handlers'],
    ['a Map', { namespaces: new Map() }, 'namespaces is an instance of Map, but must be an object of handlers'],
    ['an instance for a map', { namespaces: { d: new Handlers() } }, 'namespaces["d"] is an instance of Handlers'],
    [
      'another concurrency',
      { namespaceOptions: { d: { concurrency: 0 } } },
      `namespaceOptions["d"].concurrency is 0, but must be 'serial', 'parallel', or a whole number above 0`,
    ],
    [
      'a concurrency in between',
      { namespaceOptions: { d: { concurrency: 1.5 } } },
      `namespaceOptions["d"].concurrency is 1.5, but must be 'serial', 'parallel', or a whole number above 0`,
    ],
    [
      'one concurrency for all',
      { namespaceOptions: 'parallel' },
      'namespaceOptions is "parallel", but must be an object of options by namespace',
    ],
    [
      'a timeout of a namespace',
      { namespaceOptions: { d: { readTimeoutMs: 0 } } },
      `namespaceOptions["d"].readTimeoutMs is 0, but must be ${TIME}`,
    ],
    [
      'a matcher of a namespace: maps have none',
      { namespaceOptions: { d: { eventMatcher: () => [] } } },
      'namespaceOptions["d"].eventMatcher is the function eventMatcher, but must be left out, or one of those there are',
    ],
    [
      'a registration without a class',
      { controllers: [{ namespace: 'x' }] },
      'controllers[0].controller is undefined, but must be a class',
    ],
    [
      'a registration with a field that nobody knows',
      { controllers: [{ controller: Chat, order: 'parallel' }] },
      'controllers[0].order is "parallel", but must be left out, or one of those there are: controller, namespace,',
    ],
    [
      'a namespace that is no text',
      { controllers: [{ controller: Chat, namespace: 5 }] },
      'controllers[0].namespace is 5, but must be a text',
    ],
    ['maps that were not joined', { handlers: { d: {} } }, 'handlers is an object, but must be what joinConnHandlers'],
    ['one middleware', { use: () => {} }, 'use is the function use, but must be an array of middleware'],
    [
      'middleware by name',
      { use: ['guard'] },
      'use[0] is "guard", but must be a function, or a class with the method use',
    ],
    [
      'one middleware of a namespace',
      { namespaceOptions: { d: { use: () => {} } } },
      'namespaceOptions["d"].use is the function use, but must be an array',
    ],
    [
      'a null in use of a namespace',
      { namespaceOptions: { d: { use: [null] } } },
      'namespaceOptions["d"].use[0] is null, but must be a function',
    ],
    ['an empty container', { container: {} }, 'container is an object, but must be a Container of inversify 8'],
    [
      'half an adapter',
      { adapter: { start() {} } },
      'adapter is an object, but must be an adapter, with the methods start,',
    ],
    ['metrics that do not count', { metrics: {} }, 'metrics is an object, but must be an object that counts, with'],
    ['one header', { urlHeaders: 'X-Username' }, 'urlHeaders is "X-Username", but must be an array of header names'],
    ['a header that is no text', { urlHeaders: [5] }, 'urlHeaders[0] is 5, but must be a text'],
    [
      'one origin',
      { allowedOrigins: 'https://a.example' },
      `allowedOrigins is "https://a.example", but must be '*', or`,
    ],
    ['a pattern', { allowedOrigins: [/a/] }, 'allowedOrigins[0] is an instance of RegExp, but must be a text'],
    [
      'websocket: true',
      { websocket: true },
      'websocket is true, but must be an object of options for @fastify/websocket',
    ],
    ['limits: null', { limits: null }, `limits is null, but must be 'strict' or an object with single limits`],
    ['another policy', { slowReader: 'wait' }, `slowReader is "wait", but must be 'close' or 'drop-newest' or`],
    [
      'a name of every object',
      { toString: 1 },
      'toString is 1, but must be left out, or one of those there are: container,',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => check(options)).toThrow(`OPTION_INVALID: the option ${message}`);
  });

  it('refuses at start an option that nobody knows, and names those there are', async () => {
    const options = { namespaces: { default: {} }, allowedOrigin: 'https://app.example' };

    await expect(Fastify().register(nefeli, options)).rejects.toThrow(
      /^OPTION_INVALID: the option allowedOrigin is "https:\/\/app\.example", but must be .*\ballowedOrigins\b/,
    );
  });

  it('refuses before anything is set up on the app', async () => {
    const app = Fastify();
    await expect(app.register(nefeli, { name: '' })).rejects.toThrow(/OPTION_INVALID: the option name is ""/);

    expect(app.hasDecorator('websocketServer')).toBe(false);
  });
});
