import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOwn, ownAsk, readPayload, writeAnswer, writePayload } from '../../../src/adapters/neffos/neffos-payload.js';
import { isEncodableName } from '../../../src/protocol/escaped-name.js';

const name = fc.string({ unit: 'grapheme', maxLength: 20 }).filter(isEncodableName);
const event = name.filter((text) => text !== '' && !text.startsWith('_On'));
const text = fc.string({ unit: 'grapheme' });

describe('neffos-payload', () => {
  it('reads what it has written: as its own, and as a message of the same names and text', () => {
    fc.assert(
      fc.property(name, name, event, text, (namespace, room, eventName, body) => {
        const written = writePayload({ namespace, room }, { event: eventName, body, binary: false });
        if (!('bytes' in written)) throw new Error(written.reason);

        expect(isOwn(written.bytes)).toBe(true);
        expect(readPayload(written.bytes)).toEqual({
          ...{ namespace, room, event: eventName, body },
          ...{ isError: false, ask: undefined },
        });
      }),
    );
  });

  it('reads an answer as it was written, bytes among it', () => {
    fc.assert(
      fc.property(name, name, event, fc.uint8Array(), (namespace, room, eventName, body) => {
        const read = readPayload(writeAnswer({ namespace, room, event: eventName }, body, false));

        expect(read).toMatchObject({ namespace, room, event: eventName });
        expect(Buffer.from(read?.body ?? 'none')).toEqual(Buffer.from(body));
      }),
    );
  });

  it('throws at nothing that may be on a channel', () => {
    const fields = fc.array(
      fc.constantFrom('', '0', '1', 'j', 'default', 'neffos(0x', '_OnRoomJoin', '!', '\u0000', '@%!'),
    );
    const payload = fc.oneof(
      fc.uint8Array(),
      fields.map((all) => Buffer.from(all.join(';'))),
      fc.tuple(fields, fc.uint8Array()).map(([all, rest]) => Buffer.concat([Buffer.from(all.join(';')), rest])),
    );

    fc.assert(
      fc.property(payload, (bytes) => {
        isOwn(bytes);
        const read = readPayload(bytes);
        expect(read === undefined || (read.event !== '' && !read.event.startsWith('_On'))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps no view of the bytes of the broker', () => {
    const bytes = Buffer.from([...Buffer.from(';default;;e;0;0;'), 255, 254]);
    const read = readPayload(bytes);
    bytes.fill(0);

    expect(read?.body).toEqual(Uint8Array.of(255, 254));
  });

  it('takes for an ask of neffos v0.0.x what that makes, and nothing that a client could name a channel with', () => {
    const askOf = (wait: string): string | undefined => readPayload(Buffer.from(`${wait};default;;e;0;0;`))?.ask;

    // @source string(wait[0]+'!')+wait[1:] of nanoseconds since 1970
    expect(askOf('R795123456789012345')).toBe('R795123456789012345');
    for (const wait of ['', '$R795123456789012345', 'R79', 'app.all', 'R795123456789012345.>', 'Q795123456789012345']) {
      expect(askOf(wait)).toBeUndefined();
    }
  });

  it('makes tokens that have a mark left when a server, a client in Go and the server again have taken one each', () => {
    const { channels, token } = ownAsk('ff');
    const take = (wait: string): string => (wait[1] === '!' ? wait.replace('!', '') : wait);

    expect(channels).toContain(take(take(take(token))));
    expect(channels).toContain(take(take(token)));
    expect(take(take(token))[1]).toBe('!');
  });
});
