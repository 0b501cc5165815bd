import { BodyError, type LogMessagesOptions, logMessages, type Message, PublicError, WsError } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.js';
import { RawClient, startNefeli } from '../support/start-app.js';
import { MemoryLog, silentLog } from '../support/test-server.js';

const LINE = { namespace: 'default', room: '', ms: 0, conn: 'id' };

/** An app whose messages are logged, and a client that has connected; what that has logged is forgotten. */
async function logged(options: LogMessagesOptions = {}) {
  const scheduler = new ManualClock();
  const log = new MemoryLog();
  const fail = (error: unknown) => () => {
    throw error;
  };
  const chat = {
    chat: (msg: Message) => msg.body,
    slow: () => scheduler.advanceMs(500),
    quick: () => scheduler.advanceMs(0.1236),
    refuse: fail(new PublicError('sold out', { code: 'SOLD_OUT', data: { left: 0 } })),
    refuseAtLength: fail(new PublicError('x'.repeat(1_000))),
    refuseWithoutText: fail(new PublicError('')),
    check: fail(new BodyError([{ path: 'pin', message: 'expected 4 digits, received "hunter2"' }])),
    break: fail(new TypeError('the password is hunter2')),
    breakOddly: fail('hunter2'),
    read: (msg: Message) => msg.json(),
    ask: fail(new WsError('ASK_TIMEOUT', { event: 'hunter2', timeoutMs: 1 })),
    give: () => new PublicError('returned'),
    onAnyEvent: () => 'any',
  };
  const app = await startNefeli({
    namespaces: { default: chat },
    use: [logMessages({ scheduler, log, ...options })],
    idGenerator: () => 'id',
    onError: () => {},
  });
  const client = await RawClient.join(app, 'default');
  const opening = log.lines.splice(0);
  const ask = async (event: string, body = ''): Promise<unknown> => {
    client.send(`$1;default;;${event};0;0;${body}`);
    await client.next();
    return log.lines.at(-1);
  };
  return { log, client, opening, ask };
}

describe('logMessages', () => {
  it('writes one line for each run, with what it was, how long it took and how it ended', async () => {
    const { opening, log, client, ask } = await logged();
    client.send('$1;default;a;_OnRoomJoin;0;0;', ';default;a;chat;0;0;x');
    await client.next();
    await ask('chat');

    const ok = { ms: 0, conn: 'id', outcome: 'ok' };
    const inDefault = { ...ok, namespace: 'default' };
    expect([...opening, ...log.lines]).toEqual(
      [
        { ...ok, kind: 'connection' },
        { ...inDefault, kind: 'namespace', room: '', event: '_OnNamespaceConnect' },
        { ...inDefault, kind: 'room', room: 'a', event: '_OnRoomJoin' },
        { ...inDefault, kind: 'event', room: 'a', event: 'chat' },
        { ...inDefault, kind: 'ask', room: '', event: 'chat' },
      ].map((fields) => ({ level: 'info', fields, message: 'handled' })),
    );
  });

  it('measures by the clock it is given, to the microsecond', async () => {
    const { ask } = await logged();

    expect(await ask('slow')).toMatchObject({ fields: { ms: 500 } });
    expect(await ask('quick')).toMatchObject({ fields: { ms: 0.124 } });
  });

  it('writes at the level it is told, and what took longer than slowMs at warn', async () => {
    const quiet = await logged({ level: 'debug', slowMs: 499 });
    const patient = await logged({ level: 'debug', slowMs: 500 });
    const loud = await logged({ level: 'error', slowMs: 499 });

    expect(await quiet.ask('chat')).toMatchObject({ level: 'debug', message: 'handled' });
    expect(await quiet.ask('slow')).toMatchObject({ level: 'warn', message: 'handled', fields: { outcome: 'ok' } });
    expect(await patient.ask('slow')).toMatchObject({ level: 'debug' });
    expect(await loud.ask('slow')).toMatchObject({ level: 'error' });
  });

  it.each([
    ['refuse', { error: 'sold out', code: 'SOLD_OUT' }],
    ['refuseWithoutText', { error: 'error' }],
    ['check', { error: 'invalid body', code: 'BODY_INVALID' }],
    ['give', { error: 'returned' }],
  ])('tells of a refusal by %s at its own level, with what the other side reads', async (event, error) => {
    const { ask } = await logged();

    expect(await ask(event)).toEqual({
      level: 'info',
      message: 'failed',
      fields: { ...LINE, kind: 'ask', event, outcome: 'error', ...error },
    });
  });

  it.each([
    ['break', { error: 'TypeError' }],
    ['breakOddly', { error: 'string' }],
    ['read', { error: 'invalid payload', code: 'BODY_NOT_JSON' }],
    ['ask', { error: 'WsError', code: 'ASK_TIMEOUT' }],
  ])('tells of the failure %s at warn, without its message', async (event, error) => {
    const { ask } = await logged({ level: 'debug' });

    expect(await ask(event)).toEqual({
      level: 'warn',
      message: 'failed',
      fields: { ...LINE, kind: 'ask', event, outcome: 'error', ...error },
    });
  });

  it('hands on what the handler returned or threw', async () => {
    const { client } = await logged();
    client.send('$1;default;;chat;0;0;hello', '$2;default;;refuse;0;0;', '$3;default;;give;0;0;');

    expect(await client.next()).toBe('$1;default;;chat;0;0;hello');
    expect(await client.next()).toBe('$2;default;;refuse;1;0;sold out');
    expect(await client.next()).toBe('$3;default;;give;1;0;returned');
  });

  it('never writes a body, the message of an unexpected error, a header or a token', async () => {
    const { ask, log, opening } = await logged();
    for (const event of ['chat', 'check', 'break', 'breakOddly', 'read', 'ask']) await ask(event, 'hunter2');

    const written = JSON.stringify([opening, log.lines]);
    expect(written).not.toContain('hunter2');
    expect(written).not.toContain('$1');
    expect(written).not.toContain('upgrade');
  });

  it('cuts what the other side chooses, and texts of errors, at 256 characters', async () => {
    const log = new MemoryLog();
    const app = await startNefeli({
      namespaces: { default: { onAnyEvent: () => 'any' } },
      namespaceOptions: { default: { use: [logMessages({ log })] } },
      limits: { maxEventBytes: 1_000, maxRoomBytes: 1_000 },
    });
    const client = await RawClient.join(app, 'default');
    const room = 'r'.repeat(1_000);
    client.send(`$1;default;${room};_OnRoomJoin;0;0;`, `$2;default;${room};${'e'.repeat(1_000)};0;0;`);
    await client.next();
    await client.next();
    const { ask } = await logged();

    expect(log.lines.at(-1)).toMatchObject({ fields: { room: 'r'.repeat(256), event: 'e'.repeat(256) } });
    expect(await ask('refuseAtLength')).toMatchObject({ fields: { error: 'x'.repeat(256) } });
  });

  it("writes to the connection's own log, which knows the connection, where it is given none", async () => {
    const lines: string[] = [];
    const app = await startNefeli(
      {
        namespaces: { default: { chat: () => 'ok' } },
        namespaceOptions: { default: { use: [logMessages()] } },
        idGenerator: () => 'id',
      },
      { logger: { level: 'info', stream: { write: (line: string) => void lines.push(line) } } },
    );
    const client = await RawClient.join(app, 'default');
    client.send('$1;default;;chat;0;0;');
    await client.next();

    const line = lines.find((each) => each.includes('"event":"chat"')) ?? '';
    expect(line.match(/"conn":"id"/g)).toHaveLength(1);
    expect(JSON.parse(line)).toMatchObject({ level: 30, msg: 'handled', kind: 'ask', outcome: 'ok' });
  });

  it.each([
    [{ level: 'trace' }, "level of logMessages() is \"trace\", but must be 'debug' or 'info' or 'warn' or 'error'."],
    [{ slowMs: 0 }, 'slowMs of logMessages() is 0, but must be a number of milliseconds above 0'],
    [
      { log: console.log },
      'log of logMessages() is the function log, but must be a logger, with the methods debug, info',
    ],
    [{ scheduler: {} }, 'scheduler of logMessages() is an object, but must be a scheduler'],
    [{ bodies: true }, 'bodies of logMessages() is true, but must be left out'],
    [null, 'options of logMessages() is null, but must be an object.'],
  ])('refuses %o when it is called', (options, message) => {
    const call = () => logMessages(options as unknown as LogMessagesOptions); // what a program without types may pass

    expect(call).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(message) }),
    );
    expect(() => logMessages({ log: silentLog, level: 'warn', slowMs: 1 })).not.toThrow();
  });
});
