import { Container, inject, preDestroy } from 'inversify';
import { Namespace, NSConn, registerPerConnection } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

describe('a service of a connection', () => {
  it('is let go once, though it goes by two names', async () => {
    let letGo = 0;
    const pool = {
      [Symbol.dispose]() {
        letGo += 1;
      },
    };
    @Namespace('default')
    class Chat {
      constructor(
        @inject(NSConn) readonly ns: NSConn,
        @inject('reader') readonly reader: object,
        @inject('writer') readonly writer: object,
      ) {}
      onChat() {}
    }
    const container = new Container();
    registerPerConnection(container, 'reader', () => pool);
    registerPerConnection(container, 'writer', async () => pool);
    const app = await startNefeli({ container, controllers: [Chat] });
    const client = await RawClient.join(app, 'default');
    const [conn] = app.nefeli.connections();

    client.socket.close();
    await conn?.closed;

    expect(letGo).toBe(1);
  });

  it('may be an object without a prototype: nothing of it is to be let go', async () => {
    const errors: unknown[] = [];
    @Namespace('default')
    class Chat {
      constructor(@inject('headers') readonly headers: object) {}
      onChat() {}
    }
    const container = new Container();
    registerPerConnection(container, 'headers', () => Object.assign(Object.create(null), { constructor: 'none' }));
    const onError = (error: unknown): void => void errors.push(error);
    const app = await startNefeli({ container, controllers: [Chat], onError });
    const client = await RawClient.join(app, 'default');
    const [conn] = app.nefeli.connections();

    client.socket.close();
    await conn?.closed;

    expect(errors).toEqual([]);
  });

  it('is let go by Symbol.dispose though its @preDestroy method fails, and all that failed is reported', async () => {
    const errors: unknown[] = [];
    class Cart {
      @preDestroy()
      async leave() {
        throw new Error('not left');
      }
      [Symbol.dispose]() {
        throw new Error('not disposed');
      }
    }
    @Namespace('default')
    class Chat {
      constructor(
        @inject(NSConn) readonly ns: NSConn,
        @inject(Cart) readonly cart: Cart,
      ) {}
      onChat() {}
    }
    const container = new Container();
    registerPerConnection(container, Cart);
    const onError = (error: unknown): void => void errors.push(error);
    const app = await startNefeli({ container, controllers: [Chat], onError });
    const client = await RawClient.join(app, 'default');
    const [conn] = app.nefeli.connections();

    client.socket.close();
    await conn?.closed;

    expect(errors).toMatchObject([{ errors: [new Error('not left'), new Error('not disposed')] }]);
  });
});
