import { describe, expect, it } from 'vitest';
import { settle } from '../support/test-server.js';
import { connectedEnd, deferred, end, guardRejections, openEnd } from './ends.js';

guardRejections();

const emit = (event: string, body = '', namespace = 'default'): string => `;${namespace};;${event};0;0;${body}`;

/** An end that is connected to `default` and `other`. */
async function twoNamespaces(...args: Parameters<typeof connectedEnd>) {
  const two = await connectedEnd(...args);
  two.socket.receive('$o;other;;_OnNamespaceConnect;0;0;');
  await settle();
  two.socket.sent.length = 0;
  two.history.length = 0;
  return two;
}

describe('HandlerQueue', () => {
  it('runs asynchronous handlers one after the other, in order of arrival, over all namespaces', async () => {
    const handled: string[] = [];
    const gates = [deferred(), deferred(), deferred()];
    const chat = async (msg: { namespace: string; body: unknown }): Promise<void> => {
      handled.push(`begin ${msg.namespace} ${msg.body}`);
      await gates[Number(msg.body)]?.promise;
      handled.push(`end ${msg.body}`);
    };
    const { socket } = await twoNamespaces('server', { default: { chat }, other: { chat } });

    socket.receive(emit('chat', '0'), emit('chat', '1', 'other'), emit('chat', '2'));
    gates[2]?.resolve();
    gates[1]?.resolve();
    await settle();
    expect(handled).toEqual(['begin default 0']);
    gates[0]?.resolve();
    await settle();

    expect(handled).toEqual(['begin default 0', 'end 0', 'begin other 1', 'end 1', 'begin default 2', 'end 2']);
  });

  it('handles a frame in its own turn where handlers are synchronous', async () => {
    const { socket } = await connectedEnd('server', { default: { up: (msg) => String(msg.body).toUpperCase() } });

    socket.receive('$1;default;;up;0;0;a', '$2;default;;up;0;0;b');

    expect(socket.sent).toEqual(['$1;default;;up;0;0;A', '$2;default;;up;0;0;B']);
  });

  it('handles 10 000 frames of one turn without a stack frame for each', async () => {
    let count = 0;
    const { socket } = await connectedEnd(
      'server',
      {
        default: {
          slow: settle,
          count() {
            count += 1;
          },
        },
      },
      { limits: { maxInboxFrames: 20_000 } },
    );

    socket.receive(emit('slow'), ...Array.from({ length: 10_000 }, () => emit('count')));
    await settle();
    await settle();

    expect(count).toBe(10_000);
  });

  it('does not handle in the middle of a handler what its emit makes the other side send', async () => {
    const handled: string[] = [];
    const { socket } = await connectedEnd('server', {
      default: {
        first() {
          handled.push('first begins');
          socket.receive(emit('second'));
          handled.push('first ends');
        },
        second: () => void handled.push('second'),
      },
    });

    socket.receive(emit('first'));

    expect(handled).toEqual(['first begins', 'first ends', 'second']);
  });

  describe('while a handler waits for an ask of its own', () => {
    it('gives it the reply, although it occupies the connection', async () => {
      const { socket } = await connectedEnd('server', {
        default: { outer: async (_, ns) => `got ${(await ns.ask('inner')).body}` },
      });

      socket.receive('$1;default;;outer;0;0;');
      await settle();
      socket.receive('n1;default;;inner;0;0;answer');
      await settle();

      expect(socket.sent).toEqual(['n1;default;;inner;0;0;', '$1;default;;outer;0;0;got answer']);
    });

    it('handles what the other side asks because of it, and answers', async () => {
      const { socket } = await connectedEnd('server', {
        default: { outer: async (_, ns) => (await ns.ask('inner')).body, name: () => 'server' },
      });

      socket.receive('$1;default;;outer;0;0;');
      await settle();
      socket.receive('$2;default;;name;0;0;');
      expect(socket.sent.at(-1)).toBe('$2;default;;name;0;0;server');
      socket.receive('n1;default;;inner;0;0;x');
      await settle();

      expect(socket.sent.at(-1)).toBe('$1;default;;outer;0;0;x');
    });

    it('keeps emits of its namespace in order behind it, and lets those of others go on', async () => {
      const { socket, history } = await twoNamespaces('server', (list) => {
        const chat = (msg: { namespace: string; body: unknown }): void =>
          void list.push(`${msg.namespace} ${msg.body}`);
        return {
          default: { chat, outer: (_, ns) => ns.ask('inner').then(() => void list.push('outer ends')) },
          other: { chat },
        };
      });

      socket.receive(emit('outer'), emit('chat', '1'), emit('chat', '2', 'other'), emit('chat', '3'));
      await settle();
      socket.receive('n1;;;;;;');
      await settle();

      expect(history.filter((line) => !/^[<>]/.test(line))).toEqual([
        'other 2',
        'outer ends',
        'default 1',
        'default 3',
      ]);
    });

    it('keeps everything else waiting again as soon as the reply has come', async () => {
      const gate = deferred();
      const handled: string[] = [];
      const { socket } = await twoNamespaces('server', {
        default: { outer: async (_, ns) => void (await ns.ask('inner').then(() => gate.promise)) },
        other: { chat: () => void handled.push('chat') },
      });
      socket.receive(emit('outer'));
      await settle();

      socket.receive('n1;;;;;;', emit('chat', '', 'other'));
      await settle();
      expect(handled).toEqual([]);
      gate.resolve();
      await settle();

      expect(handled).toEqual(['chat']);
    });

    it('handles what had come before the ask was made', async () => {
      const gate = deferred();
      const { socket } = await connectedEnd('server', {
        default: {
          async outer(_, ns) {
            await gate.promise;
            return (await ns.ask('inner')).body;
          },
          name: () => 'server',
        },
      });
      socket.receive('$1;default;;outer;0;0;', '$2;default;;name;0;0;');
      await settle();
      expect(socket.sent).toEqual([]);

      gate.resolve();
      await settle();

      expect(socket.sent).toEqual(['n1;default;;inner;0;0;', '$2;default;;name;0;0;server']);
      socket.receive('n1;;;;;;');
    });

    it.each([
      ['a connect', '$2;other;;_OnNamespaceConnect;0;0;', '$3;other;;name;0;0;', '$3;other;;name;0;0;server'],
      [
        'a disconnect',
        '$2;default;;_OnNamespaceDisconnect;0;0;',
        '$3;default;;name;0;0;',
        '$3;default;;name;1;0;bad namespace',
      ],
      ['a join', '$2;default;r;_OnRoomJoin;0;0;', '$3;default;r;name;0;0;', '$3;default;r;name;0;0;server'],
      ['a leave', '$2;default;j;_OnRoomLeave;0;0;', '$3;default;j;name;0;0;', '$3;default;j;name;1;0;bad room'],
    ])('handles an ask that follows %s only when that is done', async (_, request, ask, answer) => {
      const events = { name: () => 'server', onNamespaceDisconnect: settle };
      const rooms = { onRoomJoin: settle, onRoomLeave: settle };
      const { ns, socket } = await connectedEnd('server', {
        default: { ...events, ...rooms },
        other: { ...events, onNamespaceConnect: settle },
      });
      socket.receive('$1;default;j;_OnRoomJoin;0;0;');
      await settle();
      await settle();
      const asking = ns.ask('anything');

      socket.receive(request, ask);
      for (let turns = 0; turns < 4; turns++) await settle();

      expect(socket.sent.slice(2)).toEqual(['$2;;;;;;', answer]);
      socket.receive('n1;;;;;;');
      await asking;
    });

    it('runs at most 16 handlers within each other; the next one waits', async () => {
      let running = 0;
      const { socket, conn } = await connectedEnd('server', {
        default: {
          async deeper(_, ns) {
            running += 1;
            await ns.ask('go on');
            running -= 1;
          },
        },
      });

      for (let n = 1; n <= 20; n++) socket.receive(`$${n};default;;deeper;0;0;`);
      await settle();
      expect([running, conn.asks.size]).toEqual([16, 16]);
      for (let n = 1; n <= 20; n++) {
        socket.receive(`n${n};;;;;;`);
        await settle();
      }

      expect([running, conn.asks.size]).toEqual([0, 0]);
    });
  });

  describe('reading', () => {
    const filling = (limits: object) =>
      connectedEnd(
        'server',
        { default: { slow: () => gate().promise, ask: async (_, ns) => (await ns.ask('q')).body } },
        { limits },
      );
    let current = deferred();
    const gate = () => {
      current = deferred();
      return current;
    };

    it('pauses with more than maxInboxFrames waiting, and resumes when they fit again', async () => {
      const { socket, conn, counters } = await filling({ maxInboxFrames: 2 });

      socket.receive(emit('slow'), emit('slow'), emit('slow'));
      expect([socket.isPaused, conn.isReadingPaused]).toEqual([false, false]);
      socket.receive(emit('slow'));
      expect([socket.isPaused, conn.isReadingPaused]).toEqual([true, true]);
      expect(counters.get('reading.paused')).toBe(1);
      current.resolve();
      await settle();

      expect([socket.isPaused, conn.isReadingPaused]).toEqual([false, false]);
      conn.terminate('over');
      current.resolve();
    });

    it('pauses with more than maxInboxBytes waiting', async () => {
      const { socket, conn } = await filling({ maxInboxBytes: 40 });

      socket.receive(emit('slow'), emit('slow', 'x'.repeat(30)));
      expect(socket.isPaused).toBe(true);
      current.resolve();
      await settle();

      expect(socket.isPaused).toBe(false);
      current.resolve();
      conn.terminate('over');
    });

    it('goes on to four times the limit while this side waits for a reply, which then gets through', async () => {
      const { socket, conn } = await filling({ maxInboxFrames: 2 });

      socket.receive('$1;default;;ask;0;0;', ...Array.from({ length: 8 }, () => emit('slow')));
      expect(socket.isPaused).toBe(false);
      socket.receive(emit('slow'));
      expect(socket.isPaused).toBe(true);
      socket.resume(); // what has been read already is still handed over
      socket.receive('n1;default;;q;0;0;a');
      await settle();

      expect(socket.sent.at(-1)).toBe('$1;default;;ask;0;0;a');
      conn.terminate('over');
      current.resolve();
    });
  });

  describe('messagesPerSecond', () => {
    it('handles a burst at once, and then one message whenever the rate allows', async () => {
      let handled = 0;
      const { socket, clock } = await connectedEnd(
        'server',
        {
          default: {
            tick() {
              handled += 1;
            },
          },
        },
        { limits: { messagesPerSecond: 10, messageBurst: 3 } },
      );

      for (let n = 0; n < 5; n++) socket.receive(emit('tick'));
      expect(handled).toBe(2); // the connect was the first message
      clock.advanceMs(100);
      expect(handled).toBe(3);
      clock.advanceMs(200);

      expect(handled).toBe(5);
    });

    it('lets one message through at a time when the burst is smaller than one', async () => {
      const { socket, clock } = await connectedEnd(
        'server',
        { default: { up: () => 'ok' } },
        { limits: { messagesPerSecond: 1, messageBurst: 0.5 } },
      );

      socket.receive('$1;default;;up;0;0;');
      expect(socket.sent).toEqual([]);
      clock.advanceMs(1_000);

      expect(socket.sent).toEqual(['$1;default;;up;0;0;ok']);
    });

    it('pauses reading while too much waits, and stops its timer when the connection closes', async () => {
      const { socket, conn, clock } = await connectedEnd(
        'server',
        { default: { tick() {} } },
        { limits: { messagesPerSecond: 1, messageBurst: 1, maxInboxFrames: 2 } },
      );

      for (let n = 0; n < 4; n++) socket.receive(emit('tick'));
      expect(socket.isPaused).toBe(true);
      clock.advanceMs(1_000);
      clock.advanceMs(1_000);
      expect(socket.isPaused).toBe(false);
      conn.close();

      expect(clock.timers).toBe(0);
    });
  });

  describe('handlerTimeoutMs', () => {
    it('goes on after 30 s, aborts msg.signal, answers "handler timeout" and reports it once', async () => {
      let signal: AbortSignal | undefined;
      const { socket, clock, errors } = await connectedEnd('server', {
        default: {
          stuck(msg) {
            signal = msg.signal;
            return new Promise(() => {});
          },
          next: () => 'went on',
        },
      });

      socket.receive('$1;default;;stuck;0;0;', '$2;default;;next;0;0;');
      clock.advanceMs(29_999);
      await settle();
      expect([socket.sent, signal?.aborted]).toEqual([[], false]);
      clock.advanceMs(1);
      await settle();

      expect(signal?.aborted).toBe(true);
      expect(socket.sent).toEqual(['$1;default;;stuck;1;0;handler timeout', '$2;default;;next;0;0;went on']);
      expect(errors).toMatchObject([
        { error: { code: 'HANDLER_TIMEOUT', details: { event: 'stuck', timeoutMs: 30_000 } }, event: 'stuck' },
      ]);
      expect(clock.timers).toBe(0);
    });

    it('ignores what the handler returns later, and reports what it throws later', async () => {
      const gates = [deferred<string>(), deferred<string>()];
      const { socket, clock, errors } = await connectedEnd(
        'server',
        { default: { stuck: (msg) => gates[Number(msg.body)]?.promise } },
        { handlerTimeoutMs: 50 },
      );

      for (const n of [0, 1]) {
        socket.receive(`$${n};default;;stuck;0;0;${n}`);
        clock.advanceMs(50);
        await settle();
      }
      gates[0]?.resolve('late');
      gates[1]?.reject(new Error('late and wrong'));
      await settle();

      expect(socket.sent).toEqual(['$0;default;;stuck;1;0;handler timeout', '$1;default;;stuck;1;0;handler timeout']);
      expect(errors.map(({ error }) => (error as Error).message)).toEqual([
        expect.stringContaining('HANDLER_TIMEOUT'),
        expect.stringContaining('HANDLER_TIMEOUT'),
        'late and wrong',
      ]);
    });

    it('gives a signal that has aborted already to who looks at it only then', async () => {
      const gate = deferred();
      let wasAborted: boolean | undefined;
      const { socket, clock } = await connectedEnd('server', {
        default: {
          async stuck(msg) {
            await gate.promise;
            wasAborted = msg.signal.aborted;
          },
        },
      });

      socket.receive(emit('stuck'));
      clock.advanceMs(30_000);
      gate.resolve();
      await settle();

      expect(wasAborted).toBe(true);
    });
  });

  it('drops what waits when the connection closes, and lets the handler that runs end first', async () => {
    const gate = deferred();
    const handled: string[] = [];
    const { socket, conn } = await connectedEnd('server', {
      default: {
        first: () => gate.promise.then(() => void handled.push('first')),
        second: () => void handled.push('second'),
        onNamespaceDisconnect: () => void handled.push('disconnect'),
      },
    });

    socket.receive(emit('first'), emit('second'));
    socket.receiveClose();
    socket.receive(emit('second'));
    await settle();
    expect(handled).toEqual([]);
    gate.resolve();
    await conn.closed;

    expect(handled).toEqual(['first', 'disconnect']);
  });

  it('holds frames while onConnect runs, though it has used the connection: first the hook, then the frames', async () => {
    const gate = deferred();
    const order: string[] = [];
    const { socket } = end(
      'server',
      { default: { chat: () => void order.push('chat') } },
      {
        async onConnect(conn) {
          await conn.connect('default');
          await gate.promise;
          order.push('onConnect ends');
        },
      },
    );
    socket.receive('M');
    await settle();
    socket.receive('n1;;;;;;', emit('chat'));
    await settle();
    expect(order).toEqual([]);
    gate.resolve();
    await settle();

    expect(order).toEqual(['onConnect ends', 'chat']);
  });

  it('counts what nothing handles', () => {
    const { socket, counters } = openEnd('server', { default: { e() {} } });

    socket.receive(emit('e'), emit('_OnRoomJoined'));

    expect([counters.get('messages.unhandled'), socket.sent]).toEqual([2, []]);
  });
});
