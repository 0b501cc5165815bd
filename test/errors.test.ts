import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CloseError,
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  PublicError,
  RemoteError,
  WsError,
} from '../src/errors.js';
import { readTables } from './docs/markdown.js';

/** Details of every code, each value another, so that a message can be searched for them. */
const DETAILS: { readonly [Code in ErrorCode]: ErrorDetails<Code> } = {
  NAMESPACE_UNKNOWN: { namespace: 'chta', served: ['chat', 'game'] },
  NAMESPACE_NOT_CONNECTED: { namespace: 'chat' },
  ROOM_NOT_JOINED: { namespace: 'chat', room: 'lobby' },
  EVENT_UNKNOWN: { namespace: 'chat', event: 'sing' },
  MESSAGE_MALFORMED: { reason: 'fewer than six separators' },
  TOO_MANY_NAMESPACES: { maxNamespaces: 64 },
  TOO_MANY_ROOMS: { maxRooms: 1_000 },
  HANDLER_TIMEOUT: { event: 'slow', timeoutMs: 30_000 },
  ASK_TIMEOUT: { event: 'slow', timeoutMs: 10_000 },
  ASK_ABORTED: { event: 'slow' },
  ASK_UNANSWERABLE: { event: 'who', wire: 'iris' },
  ASK_UNHEARD: { event: 'who' },
  TOO_MANY_ASKS: { maxPendingAsks: 100 },
  CONN_CLOSED: { code: 1013, reason: 'too slow' },
  CONN_DOWN: {},
  QUEUE_FULL: { maxMessages: 1_000, maxBytes: 1_048_576 },
  CONN_REFUSED: { text: 'members only' },
  REMOTE_ERROR: { text: 'sold out' },
  EMIT_TOO_EARLY: { namespace: 'chat' },
  MESSAGE_TOO_LARGE: { event: 'film', bytes: 2_000_000, maxMessageBytes: 1_048_576 },
  EVENT_RESERVED: { event: '_OnRoomJoined' },
  NAME_TOO_LONG: { kind: 'room', name: 'abcdefgh'.repeat(40), maxBytes: 256 },
  NAME_NOT_ENCODABLE: { kind: 'event', name: 'a@%!semicolon@%!b' },
  MESSAGE_NOT_ENCODABLE: { wire: 'iris', event: 'a;b', reason: 'no name may hold a separator' },
  VALUE_UNEXPECTED: { event: 'age', expected: 'a number', found: 'a text' },
  RECIPIENTS_UNCLEAR: { value: 'lobby' },
  ADAPTER_UNREACHABLE: { broker: 'Redis', reason: 'connect ECONNREFUSED' },
  ADAPTER_DOWN: { broker: 'Redis' },
  ADAPTER_FULL: { broker: 'Redis', maxBytes: 16_777_216 },
  ADAPTER_IN_USE: {},
  NEXT_CALLED_TWICE: { middleware: 'logTwice' },
  REPLY_INVALID: { origin: 'ChatController.onSum', reason: 'expected a number' },
  BODY_NOT_JSON: { event: 'sum', reason: 'Unexpected end of input' },
  BODY_NOT_SENDABLE: { type: 'bigint' },
  CLIENT_CANNOT_BROADCAST: {},
  OPTION_INVALID: { option: 'askTimeoutMs', value: -1, expected: 'a number above 0' },
  EVENT_DUPLICATE: { namespace: 'chat', event: 'say', first: 'A.onSay', second: 'B.onSay' },
  EVENT_NAMES_WRONG: { controller: 'A', method: 'onSay', said: ['say'], served: ['tell'] },
  NAMESPACE_CONFLICT: {
    namespace: 'chat',
    option: 'readTimeoutMs',
    first: 'A',
    firstValue: 5_000,
    second: 'namespaceOptions["chat"]',
    secondValue: 9_000,
  },
  LIFECYCLE_MISSPELT: { origin: 'Chat.onRoomJoind', nearest: ['onRoomJoin', 'onRoomJoined'] },
  HANDLER_NOT_METHOD: { controller: 'Chat', member: 'onSay' },
  HANDLER_NOT_FUNCTION: { namespace: 'chat', event: 'say', type: 'string' },
  HANDLER_PARAMETER: { method: 'Chat.onSay', parameter: 3, reason: 'gets nothing' },
  PARAMETER_MISPLACED: { decorator: '@Body()', place: 'the property Chat.text', mending: 'Move it' },
  DECORATORS_STANDARD: { decorator: '@Use(…)', place: 'the method onSay' },
  NATIVE_MISPLACED: { namespace: 'chat' },
  NATIVE_ONLY_INVALID: { found: ['"say" in "chat"', '"sing" in "chat"'] },
  WIRE_TOO_SMALL: { wire: 'iris', found: ['the namespace "chat"'] },
  CONTROLLER_NOT_DECORATED: { controller: 'Chat' },
  CONTROLLER_DUPLICATE: { controller: 'Chat', namespace: 'lobby' },
  CONTROLLER_WITHOUT_EVENTS: { controller: 'Chat' },
  CONTROLLERS_NEED_CONTAINER: { controllers: ['Chat', 'Game'] },
  NOTHING_SERVED: {},
  SERVICE_UNBOUND: { controller: 'Chat', reason: 'no binding for Logger, needed by Mailer' },
  METADATA_MISSING: { controller: 'Chat', type: 'Mailer', parameters: [2, 7] },
  SERVICE_ASYNC: { controller: 'Chat' },
  CAPTIVE_CONNECTION: { path: 'Chat > Lobby (singleton) > NSConn' },
  CAPTIVE_SERVICE: {
    holder: 'Cart',
    holderLives: 'connection',
    kept: 'NSConn',
    keptLives: 'namespace',
    path: 'Chat > Cart > Total',
  },
  INJECTION_NOT_INHERITED: { type: 'Chat', base: 'Base', member: 'logger' },
  BINDING_LATE: { service: 'Logger' },
  SESSION_MISSING: {},
  OUTSIDE_CONNECTION: { service: 'NSConn' },
  SCOPE_ENDED: {},
  WEBSOCKET_ALREADY_REGISTERED: {},
  MOUNT_DUPLICATE: { name: 'admin' },
  MOUNT_UNKNOWN: { name: 'admim', mounts: ['default', 'admin'] },
  BROADCASTER_UNREADY: { name: 'admin' },
  BROADCASTER_AMBIGUOUS: { name: 'admin', mounts: 2 },
  MOUNT_ELSEWHERE: {},
  ROUTE_UNGUARDED: { route: '/ws' },
  ID_EMPTY: {},
  ID_INVALID: { type: 'number' },
  EVENT_MISSING: { what: 'the event "chat"', waited: 'within 1000 ms', came: ['"welcome"', '"rooms": []'] },
  EVENT_UNEXPECTED: { what: 'the event "chat"', came: ['"chat" in the room "lobby"'] },
  FAILURES_NOT_TAKEN: { failures: ['"say" in "chat": TypeError: no such voice'] },
};

/** The texts that peers of neffos and clients of this server read. A change here breaks them. */
const WIRE_TEXTS: Partial<Record<ErrorCode, string>> = {
  NAMESPACE_UNKNOWN: 'bad namespace',
  NAMESPACE_NOT_CONNECTED: 'bad namespace',
  ROOM_NOT_JOINED: 'bad room',
  EVENT_UNKNOWN: 'bad event',
  MESSAGE_MALFORMED: 'invalid payload',
  BODY_NOT_JSON: 'invalid payload',
  VALUE_UNEXPECTED: 'invalid payload',
  TOO_MANY_NAMESPACES: 'too many namespaces',
  TOO_MANY_ROOMS: 'too many rooms',
  HANDLER_TIMEOUT: 'handler timeout',
  CONN_CLOSED: 'write closed',
};

const errorOf = <Code extends ErrorCode>(code: Code): WsError<Code> => new WsError(code, DETAILS[code]);

/** The most characters of a name that is too long which its message repeats. */
const SHOWN_CHARACTERS = 32;

const shownIn = (details: object): string[] =>
  Object.values(details)
    .flat()
    .map((value) => String(value).slice(0, SHOWN_CHARACTERS))
    .map((text) => (text.includes('"') ? text : JSON.stringify(text).slice(1, -1)));

/** The rows of `docs/errors.md` that tell of a code: the code, who sees it, what crosses, what to do. */
const rows = readTables(readFileSync('docs/errors.md', 'utf8'))
  .filter(({ header }) => header[0] === 'code')
  .flatMap((table) => table.rows);
const documented = new Map(rows.map((cells) => [(cells[0] ?? '').replaceAll('`', ''), cells]));

describe('docs/errors.md', () => {
  it('has a row for every code', () => {
    expect(ERROR_CODES.filter((code) => !documented.has(code))).toEqual([]);
  });

  it('has no row for a code that does not exist, and none twice', () => {
    expect(rows.map((cells) => (cells[0] ?? '').replaceAll('`', '')).sort()).toEqual([...ERROR_CODES].sort());
  });

  it.each(ERROR_CODES)('says of %s what crosses the wire', (code) => {
    const { wireText } = errorOf(code);
    const expected = wireText === undefined ? ['nothing', '`internal error <id>`'] : [`\`${wireText}\``];

    expect(expected).toContain(documented.get(code)?.[2]);
  });

  it.each(ERROR_CODES)('says of %s who sees it and what to do', (code) => {
    const [, who = '', , mending = ''] = documented.get(code) ?? [];

    expect(who.length).toBeGreaterThan(5);
    expect(mending.length).toBeGreaterThan(5);
  });
});

describe('WsError', () => {
  it.each(ERROR_CODES)('%s begins its message with its code, and names every value', (code) => {
    const { message, details } = errorOf(code);

    expect(message.startsWith(`${code}: `)).toBe(true);
    for (const value of shownIn(details)) expect(message).toContain(value);
  });

  it.each(ERROR_CODES)('%s crosses the wire under its literal, or not at all', (code) => {
    expect(errorOf(code).wireText).toBe(WIRE_TEXTS[code]);
  });

  it('carries code, details, name and cause', () => {
    const cause = new Error('below');

    const error = new WsError('ASK_TIMEOUT', { event: 'slow', timeoutMs: 5 }, { cause });

    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'WsError',
      code: 'ASK_TIMEOUT',
      details: { event: 'slow', timeoutMs: 5 },
      cause,
    });
  });

  it('CONN_CLOSED leaves out the reason where there is none', () => {
    const { message } = new WsError('CONN_CLOSED', { code: 1006, reason: '' });

    expect(message).toContain('has closed (1006),');
  });

  it.each([
    ['NAMESPACE_UNKNOWN', new WsError('NAMESPACE_UNKNOWN', { namespace: 'a', served: [] })],
    ['NATIVE_ONLY_INVALID', new WsError('NATIVE_ONLY_INVALID', { found: [] })],
    ['MOUNT_UNKNOWN', new WsError('MOUNT_UNKNOWN', { name: 'a', mounts: [] })],
  ])('%s says "none" of an empty list', (_, error) => {
    expect(error.message).toContain(': none.');
  });

  it('takes for its details what its code needs, and nothing else', () => {
    expect(new WsError('TOO_MANY_ROOMS', { maxRooms: 1 }).details.maxRooms).toBe(1);
    // @ts-expect-error a room count is not what an unknown event is told with
    expect(new WsError('EVENT_UNKNOWN', { maxRooms: 1 }).code).toBe('EVENT_UNKNOWN');
  });
});

describe('PublicError', () => {
  it('has its text as message, and nothing else unless it is given', () => {
    const error = new PublicError('sold out');

    expect(error).toMatchObject({ name: 'PublicError', message: 'sold out', code: undefined, data: undefined });
    expect('cause' in error).toBe(false);
  });

  it('carries code, data and cause', () => {
    const error = new PublicError('sold out', { code: 'SOLD_OUT', data: { left: 0 }, cause: 'stock' });

    expect(error).toMatchObject({ code: 'SOLD_OUT', data: { left: 0 }, cause: 'stock' });
  });
});

describe('CloseError', () => {
  it('is a PublicError with the code to close with', () => {
    const error = new CloseError(4001, 'session expired');

    expect(error).toBeInstanceOf(PublicError);
    expect(error).toMatchObject({ name: 'CloseError', message: 'session expired', closeCode: 4001, code: undefined });
  });
});

describe('RemoteError', () => {
  it.each([
    ['bad namespace', 'NAMESPACE_UNKNOWN'],
    ['bad room', 'ROOM_NOT_JOINED'],
    ['bad event', 'EVENT_UNKNOWN'],
    ['invalid payload', 'MESSAGE_MALFORMED'],
    ['too many namespaces', 'TOO_MANY_NAMESPACES'],
    ['too many rooms', 'TOO_MANY_ROOMS'],
    ['handler timeout', 'HANDLER_TIMEOUT'],
    ['write closed', 'CONN_CLOSED'],
  ])('reads "%s" as %s', (text, code) => {
    expect(new RemoteError(text)).toMatchObject({ name: 'RemoteError', text, code });
  });

  it.each(['sold out', '', 'constructor', '__proto__', 'Bad namespace', 'internal error 0123456789abcdef'])(
    'reads "%s" as REMOTE_ERROR, and keeps the text',
    (text) => {
      const error = new RemoteError(text);

      expect(error).toMatchObject({ code: 'REMOTE_ERROR', text });
      expect(error.message).toBe(`REMOTE_ERROR: the other side answered with an error: ${text}`);
    },
  );

  it('has the code and the data that came with the text', () => {
    const error = new RemoteError('sold out', { code: 'SOLD_OUT', data: { left: 0 } });

    expect(error).toMatchObject({ text: 'sold out', code: 'SOLD_OUT', data: { left: 0 } });
    expect(error.wireText).toBeUndefined();
  });

  it('takes the text for no code where a code could have come', () => {
    expect(new RemoteError('bad room', { code: undefined, data: undefined }).code).toBe('REMOTE_ERROR');
    expect(new RemoteError('bad room')).toMatchObject({ code: 'ROOM_NOT_JOINED', data: undefined });
  });
});
