import { setImmediate as turn } from 'node:timers/promises';
import { Container, inject } from 'inversify';
import { Conn, Namespace, NSConn, registerPerConnection } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

/** A place where somebody waits until somebody else opens it. */
class Gate {
  readonly reached: Promise<void>;
  readonly #opened: Promise<void>;
  #reach: () => void = () => {};
  open: () => void = () => {};

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#reach = resolve;
    });
    this.#opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  pass(): Promise<void> {
    this.#reach();
    return this.#opened;
  }
}

interface Gates {
  readonly connect?: Gate;
  readonly dispose?: Gate;
}

/** An app that connects the namespace `game` from its side, and what it lets go of. */
async function serve({ connect, dispose }: Gates) {
  const letGo: string[] = [];
  class Cart {
    [Symbol.dispose]() {
      letGo.push('cart');
    }
  }
  @Namespace('lobby')
  class Lobby {
    onNamespaceConnected(_: unknown, ns: NSConn) {
      ns.conn.connect('game').catch(() => {}); // the client leaves, or refuses
    }
  }
  @Namespace('game')
  class Game {
    constructor(
      @inject(Conn) readonly conn: Conn,
      @inject(Cart) readonly cart: Cart,
    ) {}
    onNamespaceConnect() {
      return connect?.pass();
    }
    async [Symbol.asyncDispose]() {
      await dispose?.pass();
      letGo.push('game');
    }
  }
  const container = new Container();
  registerPerConnection(container, Cart);
  const app = await startNefeli({ container, controllers: [Lobby, Game] });
  const client = await RawClient.join(app, 'lobby');
  const [conn] = app.nefeli.connections();
  return { client, conn, letGo };
}

describe('what is made for a namespace that the server connects', () => {
  it('is let go before the services of the connection, where that ends meanwhile', async () => {
    const connect = new Gate();
    const { client, conn, letGo } = await serve({ connect });
    await connect.reached;

    client.socket.terminate();
    while (!conn?.isClosed) await turn();
    for (let turns = 0; turns < 3; turns++) await turn();
    connect.open();
    await conn.closed;

    expect(letGo).toEqual(['game', 'cart']);
  });

  it('is let go before the services of the connection, where the client has refused it and left', async () => {
    const dispose = new Gate();
    const { client, conn, letGo } = await serve({ dispose });
    const [token] = String(await client.next()).split(';');
    client.send(`${token};game;;_OnNamespaceConnect;1;0;no`);
    await dispose.reached;

    client.socket.terminate();
    while (!conn?.isClosed) await turn();
    for (let turns = 0; turns < 3; turns++) await turn();
    dispose.open();
    await conn.closed;

    expect(letGo).toEqual(['game', 'cart']);
  });
});
