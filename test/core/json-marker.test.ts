import { describe, expect, it } from 'vitest';
import type { EventHandlers } from '../../src/core/event-maps.js';
import { reply } from '../../src/core/reply.js';
import { PublicError } from '../../src/errors.js';
import type { NSConn } from '../../src/ports/conn.js';
import { settle } from '../support/test-server.js';
import { connectedEnd, type EndOptions, end, guardRejections } from './ends.js';

guardRejections();

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A server's end whose client has said hello with these words, connected, and joined a room. */
async function greeted(hello: string, handlers: EventHandlers = {}, options: EndOptions = {}) {
  const ended = end('server', { default: handlers }, options);
  ended.socket.receive(hello, '$c;default;;_OnNamespaceConnect;0;0;');
  await settle();
  ended.socket.receive('$r;default;lobby;_OnRoomJoin;0;0;');
  await settle();
  ended.socket.sent.length = 0;
  const ns = ended.conn.namespace('default');
  if (!ns) throw new Error('the namespace was refused');
  return { ...ended, ns };
}

/** Everything that a connection can say to its peer, of each kind of body. */
function say(ns: NSConn): void {
  ns.emit('e', { a: 1 });
  ns.emit('e', 'text');
  ns.emit('e', '');
  ns.emit('e');
  ns.emit('e', new Uint8Array([0x31]));
  ns.room('lobby')?.emit('e', null);
  ns.ask('q', [1]).catch(() => {}); // nobody answers
}

const SAID = (flag: string): unknown[] => [
  `;default;;e;0;${flag};{"a":1}`,
  ';default;;e;0;0;text',
  ';default;;e;0;0;',
  `;default;;e;0;${flag};`,
  utf8(';default;;e;0;0;1'),
  `;default;lobby;e;0;${flag};null`,
  `n1;default;;q;0;${flag};[1]`,
];

describe('a server', () => {
  it.each(['Mnefeli/1', 'Mnefeli/1;recover=1'])(
    'marks JSON in what it sends to a client that says %s',
    async (hello) => {
      const { ns, socket } = await greeted(hello);

      say(ns);

      expect(socket.sent).toEqual(SAID('j'));
    },
  );

  it.each(['M', 'Mnefeli/10', 'Mnefeli/2;'])('sends to a client that says %s what it always has', async (hello) => {
    const { ns, socket } = await greeted(hello);

    say(ns);

    expect(socket.sent).toEqual(SAID('0'));
  });

  it.each([
    ['Mnefeli/1', 'j'],
    ['M', '0'],
  ])('answers a client that says %s in the same way', async (hello, flag) => {
    const { socket } = await greeted(hello, {
      json: () => ({ a: 1 }),
      text: () => 'text',
      nothing: () => undefined,
      empty: () => reply(),
      told: () => reply([1]),
      bytes: () => new Uint8Array([0x31]),
      no: () => {
        throw new PublicError('no');
      },
    });

    socket.receive('$1;default;;json;0;0;', '$2;default;;text;0;j;{}', '$3;default;;nothing;0;j;{}');
    socket.receive('$4;default;;empty;0;0;', ';default;;told;0;j;{}', utf8('$5;default;;json;0;0;'));
    socket.receive('$6;default;;bytes;0;j;{}');

    expect(socket.sent).toEqual([
      `$1;default;;json;0;${flag};{"a":1}`,
      '$2;default;;text;0;0;text',
      '$3;;;;;;',
      `$4;default;;empty;0;${flag};`,
      `;default;;told;0;${flag};[1]`,
      utf8(`$5;default;;json;0;${flag};{"a":1}`),
      utf8('$6;default;;bytes;0;0;1'),
    ]);
  });

  it('never marks an error, though what it answers was marked', async () => {
    const handlers: EventHandlers = {
      no: () => {
        throw new PublicError('no');
      },
    };
    const [plain, rich] = [await greeted('M', handlers), await greeted('Mnefeli/1', handlers)];

    plain.socket.receive('$1;default;;no;0;j;{}');
    rich.socket.receive('$1;default;;no;0;j;{}');

    expect(plain.socket.sent).toEqual(['$1;default;;no;1;0;no']);
    expect(rich.socket.sent).toEqual(['$1;default;;no;2;0;{"text":"no"}']);
  });

  it.each(['M', 'Mnefeli/1'])('reads marked bodies of a client that says %s as the text they are', async (hello) => {
    const bodies: unknown[] = [];
    const { socket } = await greeted(hello, {
      e: (msg) => void bodies.push([msg.body, msg.json()]),
    });

    socket.receive(';default;;e;0;j;{"a":1}', ';default;;e;0;0;{"a":1}', utf8(';default;;e;0;j;{"a":1}'));
    socket.receive(';default;;e;0;j;');

    expect(bodies).toEqual([
      ['{"a":1}', { a: 1 }],
      ['{"a":1}', { a: 1 }],
      [utf8('{"a":1}'), { a: 1 }],
      ['', undefined],
    ]);
  });

  it('finds no JSON in an empty body that nobody has marked', async () => {
    const { socket } = await greeted('Mnefeli/1', { e: (msg) => msg.json() });

    socket.receive('$1;default;;e;0;0;');

    expect(socket.sent).toEqual(['$1;default;;e;2;0;{"text":"invalid payload","code":"BODY_NOT_JSON"}']);
  });

  it('takes a request that is marked for the request it is', async () => {
    const { socket, ns } = await greeted('Mnefeli/1');

    socket.receive('$2;default;vault;_OnRoomJoin;0;j;{"key":1}');
    await settle();

    expect(socket.sent).toEqual(['$2;;;;;;']);
    expect(ns.room('vault')).toBeDefined();
  });
});

describe('a client', () => {
  it('marks all JSON that it sends: to a server of neffos it is what it was', async () => {
    const { ns, socket } = await connectedEnd('client', { default: { q: () => [1] } });

    ns.emit('e', { a: 1 });
    ns.emit('e', 'text');
    ns.emit('e');
    socket.receive('n1;default;;q;0;0;');

    expect(socket.sent).toEqual([
      ';default;;e;0;j;{"a":1}',
      ';default;;e;0;0;text',
      ';default;;e;0;j;',
      'n1;default;;q;0;j;[1]',
    ]);
  });
});
