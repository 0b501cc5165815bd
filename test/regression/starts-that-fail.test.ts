import Fastify from 'fastify';
import { Container, inject } from 'inversify';
import { Conn, Namespace, type NefeliOptions, NSConn, nefeli, registerPerConnection, registerPerMessage } from 'nefeli';
import { describe, expect, it } from 'vitest';

type Controller = NonNullable<NefeliOptions['controllers']>[number];

const failureOf = (container: Container, controller: Controller): Promise<string> =>
  Fastify()
    .register(nefeli, { container, controllers: [controller] })
    .then(() => 'none', String) as Promise<string>; // Fastify types it as a PromiseLike

describe('the start of an app', () => {
  it('refuses services of a connection that need each other in a circle, and tells the way', async () => {
    class Cart {
      constructor(@inject('Prices') readonly prices: unknown) {}
    }
    class Prices {
      constructor(@inject(Cart) readonly cart: Cart) {}
    }
    @Namespace('default')
    class Chat {
      constructor(@inject(Cart) readonly cart: Cart) {}
      onChat() {}
    }
    const container = new Container();
    registerPerConnection(container, Cart);
    registerPerConnection(container, 'Prices', { to: Prices });

    expect(await failureOf(container, Chat)).toContain(
      'SERVICE_UNBOUND: Cart cannot be made: a circle of services: Cart > Prices > Cart.',
    );
  });

  it('takes a service of a connection that two others need for no circle', async () => {
    class Cart {}
    class Prices {
      constructor(@inject(Cart) readonly cart: Cart) {}
    }
    class Till {
      constructor(
        @inject(Prices) readonly prices: Prices,
        @inject(Cart) readonly cart: Cart,
      ) {}
    }
    @Namespace('default')
    class Chat {
      constructor(@inject(Till) readonly till: Till) {}
      onChat() {}
    }
    const container = new Container();
    for (const service of [Cart, Prices, Till]) registerPerConnection(container, service);

    expect(await failureOf(container, Chat)).toBe('none');
  });

  it('refuses again, with the same container, what it has refused once', async () => {
    class Draft {
      constructor(@inject(Conn) readonly conn: Conn) {}
    }
    class Cart {
      constructor(@inject(Draft) readonly draft: Draft) {}
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
    registerPerMessage(container, Draft);
    registerPerConnection(container, Cart);

    expect(await failureOf(container, Chat)).toContain('CAPTIVE_SERVICE: Cart lives as long as its connection');
    expect(await failureOf(container, Chat)).toContain('CAPTIVE_SERVICE: Cart lives as long as its connection');
  });
});
