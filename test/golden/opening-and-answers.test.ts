import { describe, expect, it } from 'vitest';
import type { Namespaces } from '../../src/core/event-maps.js';
import { reply } from '../../src/core/reply.js';
import { PublicError } from '../../src/errors.js';
import { settle, type TestServerOptions, testServer } from '../support/test-server.js';

const ECHO: Namespaces = { default: { echo: (msg) => reply(msg.body) } };

/** A connection that has said nothing yet. */
function arrive(namespaces: Namespaces = ECHO, options: TestServerOptions = {}) {
  const { accept, clock } = testServer(namespaces, options);
  return { ...accept({ id: 'id1' }), clock };
}

const refusal = (text: string): TestServerOptions => ({
  onConnect: () => {
    throw new PublicError(text);
  },
});

describe('the opening of a connection', () => {
  it.each(['A', 'Aid7', 'Hgo away', 'A1;default;;echo;0;0;x'])(
    'closes with 1008 when a client begins with %j',
    (frame) => {
      const { socket, conn } = arrive();

      socket.receive(frame, 'M');

      expect(socket.closedWith).toEqual({ code: 1008, reason: 'not a greeting' });
      expect(socket.sent).toEqual([]);
      expect(conn.id).toBe('id1');
    },
  );

  it('answers in the order of arrival what came before M, in text and binary frames, after A', async () => {
    const { socket } = arrive();
    const binary = new TextEncoder().encode('$3;default;;echo;0;0;3');

    socket.receive('', '$1;default;;_OnNamespaceConnect;0;0;', '$2;default;;echo;0;0;2', binary);
    socket.receive('$4;default;;echo;0;0;4');
    await settle();
    expect(socket.sent).toEqual([]);
    socket.receive('M', '$5;default;;echo;0;0;5');
    await settle();

    expect(socket.sent).toEqual([
      'Aid1',
      '$1;;;;;;',
      '$2;default;;echo;0;0;2',
      binary,
      '$4;default;;echo;0;0;4',
      '$5;default;;echo;0;0;5',
    ]);
  });

  it('holds 16 frames before M and closes with 1008 on one more', () => {
    const { socket } = arrive();

    socket.receive(...Array.from({ length: 16 }, () => ';;;x;0;0;'));
    expect(socket.isOpen).toBe(true);
    socket.receive(';;;x;0;0;');

    expect(socket.closedWith).toEqual({ code: 1008, reason: 'too much before the handshake' });
  });

  it('holds 64 KiB before M and closes with 1008 on one byte more', () => {
    const { socket } = arrive();

    socket.receive('x'.repeat(65_536));
    expect(socket.isOpen).toBe(true);
    socket.receive('x');

    expect(socket.closedWith).toEqual({ code: 1008, reason: 'too much before the handshake' });
  });

  it('counts what comes before M in bytes, not in characters', () => {
    const { socket } = arrive();

    socket.receive('€'.repeat(21_846)); // 65,538 bytes

    expect(socket.closedWith).toEqual({ code: 1008, reason: 'too much before the handshake' });
  });

  it('waits 10 s for M and closes with 1008 then', () => {
    const { socket, clock } = arrive();

    clock.advanceMs(9_999);
    expect(socket.isOpen).toBe(true);
    clock.advanceMs(1);

    expect(socket.closedWith).toEqual({ code: 1008, reason: 'no handshake within 10000 ms' });
  });

  it('says nothing to who has not said M, even when it refuses', async () => {
    const { socket } = arrive(ECHO, refusal('no'));
    await settle();

    expect(socket.sent).toEqual([]);
    socket.receive('M');

    expect(socket.sent).toEqual(['Hno']);
    expect(socket.closedWith).toEqual({ code: 1008, reason: 'no' });
  });

  it('sends the whole text of a refusal in H, and what fits into 123 bytes as the reason', async () => {
    const text = 'ä'.repeat(100);
    const { socket } = arrive(ECHO, refusal(text));

    socket.receive('M');
    await settle();

    expect(socket.sent).toEqual([`H${text}`]);
    expect(socket.closedWith).toEqual({ code: 1008, reason: 'ä'.repeat(61) });
  });

  it('tells no secret when OnConnect fails, and closes with 1011', async () => {
    const { socket } = arrive(ECHO, {
      onConnect: () => {
        throw new Error('password is 1234');
      },
    });

    socket.receive('M');
    await settle();

    expect(socket.texts).toHaveLength(1);
    expect(socket.texts[0]).toMatch(/^Hinternal error [0-9a-f]{16}$/);
    expect(socket.closedWith?.code).toBe(1011);
  });
});

describe('the answer to an ask', () => {
  async function answerOf(handler: () => unknown): Promise<unknown> {
    const { socket } = arrive({ default: { e: handler } });
    socket.receive('M', '$1;default;;_OnNamespaceConnect;0;0;', '$2;default;;e;0;0;x');
    await settle();
    const [, , ...answers] = socket.sent;
    expect(answers).toHaveLength(1);
    return answers[0];
  }
  const thrown = (error: unknown) => () => {
    throw error;
  };

  it.each([
    ['nothing, as the empty acknowledgement', undefined, '$2;;;;;;'],
    ['null, as JSON', null, '$2;default;;e;0;0;null'],
    ['0, as JSON', 0, '$2;default;;e;0;0;0'],
    ['false, as JSON', false, '$2;default;;e;0;0;false'],
    ['an empty text, as an empty body', '', '$2;default;;e;0;0;'],
    ['a text with semicolons, as it is', 'a;b;', '$2;default;;e;0;0;a;b;'],
    ['bytes, in a binary frame', Uint8Array.of(0x61), new TextEncoder().encode('$2;default;;e;0;0;a')],
    ['a returned error, as a thrown one', new PublicError('no; no'), '$2;default;;e;1;0;no; no'],
  ])('is %s', async (_, value, frame) => {
    expect(await answerOf(() => value)).toEqual(frame);
    expect(await answerOf(async () => value)).toEqual(frame);
  });

  it('is "error" for an error without text, so that it stays one', async () => {
    expect(await answerOf(thrown(new PublicError('')))).toBe('$2;default;;e;1;0;error');
  });

  it('is an internal error with an id for anything that is not public', async () => {
    for (const secret of [new Error('secret'), 'secret', { secret: true }, undefined, null]) {
      expect(await answerOf(thrown(secret))).toMatch(/^\$2;default;;e;1;0;internal error [0-9a-f]{16}$/);
    }
  });
});

describe('the answer to a raw message', () => {
  const arrived = async (handler: (body: unknown) => unknown) => {
    const { socket } = arrive({ '': { onNativeMessage: (msg) => handler(msg.body) } });
    socket.receive('M', '$1;;;_OnNamespaceConnect;0;0;', 'raw', new TextEncoder().encode('bytes'));
    await settle();
    return socket.sent.slice(2);
  };

  it("is the reply's own body, in the opcode of the message", async () => {
    expect(await arrived((body) => reply(`got ${typeof body}`))).toEqual([
      'got string',
      new TextEncoder().encode('got object'),
    ]);
  });

  it("is the error's own text, and nothing for what is only returned", async () => {
    const fail = () => {
      throw new PublicError('no; thanks');
    };

    expect(await arrived(fail)).toEqual(['no; thanks', new TextEncoder().encode('no; thanks')]);
    expect(await arrived((body) => body)).toEqual([]);
  });
});
