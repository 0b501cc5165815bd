import type { Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import type { Counters, NefeliOptions } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

const MESSAGES = 30;
const MESSAGE_MS = 20;
const BODY_BYTES = 70_000;
const ASK = '$1;default;;size;0;0;';

const NAMESPACES: NonNullable<NefeliOptions['namespaces']> = { default: { size: (msg) => `${msg.body.length}` } };

/** A whole frame of text with a mask of 0. */
function frameOf(text: string): Buffer {
  const header = Buffer.alloc(14);
  header[0] = 0x81;
  header[1] = 0xff;
  header.writeUInt32BE(text.length, 6);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** Past the rules: ws has no way to send part of a message. */
const netOf = ({ socket }: RawClient): Socket => (socket as unknown as { _socket: Socket })._socket;

/** Sends one message after the other. No piece ends where a message does, as on a network that is always busy. */
async function upload(client: RawClient): Promise<string[]> {
  const frame = frameOf(`${ASK}${'x'.repeat(BODY_BYTES)}`);
  const half = Math.floor(frame.length / 2);
  const answers: string[] = [];
  netOf(client).write(frame.subarray(0, half));
  for (let count = 0; count < MESSAGES; count++) {
    netOf(client).write(Buffer.concat([frame.subarray(half), frame.subarray(0, half)]));
    answers.push(String(await Promise.race([client.next(), client.closed.then(({ reason }) => reason)])));
    await after(MESSAGE_MS);
  }
  return answers;
}

const OPTIONS: readonly (readonly [string, NefeliOptions])[] = [
  ['plain', {}],
  ['where compression was agreed', { compression: true }],
  ['read by ws', { websocket: { options: { allowSynchronousEvents: false } } }],
];

describe.each(OPTIONS)('messages that follow each other without a gap: %s', (_, options) => {
  it('take each a time of its own, and bytes of its own', async () => {
    const limits = { maxMessageBytes: 100_000, maxUnfinishedBytes: 3 * BODY_BYTES, messageTimeoutMs: 300 };
    const app = await startNefeli({ namespaces: NAMESPACES, limits, ...options });
    const client = await RawClient.join(app, 'default');

    const answers = await upload(client);

    expect([...new Set(answers)]).toEqual([`${ASK}${BODY_BYTES}`]);
    expect((app.nefeli.metrics as Counters).snapshot()).not.toHaveProperty('unfinished.closed');
  });

  it('are no older than the last of them', async () => {
    const limits = { maxMessageBytes: 100_000, maxUnfinishedBytes: 2 * BODY_BYTES };
    const app = await startNefeli({ namespaces: NAMESPACES, limits, ...options });
    const [steady, idle, last] = [
      await RawClient.join(app, 'default'),
      await RawClient.join(app, 'default'),
      await RawClient.join(app, 'default'),
    ];
    const frame = frameOf(`${ASK}${'x'.repeat(BODY_BYTES)}`);
    const [beginning, end] = [frame.subarray(0, 60_000), frame.subarray(60_000)];
    for (const client of [steady, idle]) {
      netOf(client).write(beginning);
      await after(MESSAGE_MS);
    }

    netOf(steady).write(Buffer.concat([end, beginning]));
    expect(await steady.next()).toBe(`${ASK}${BODY_BYTES}`);
    netOf(last).write(beginning);

    expect(await idle.closed).toMatchObject({ code: 1013 });
    netOf(steady).write(end);
    expect(await steady.next()).toBe(`${ASK}${BODY_BYTES}`);
    expect(app.nefeli.local.size).toBe(2);
  });
});
