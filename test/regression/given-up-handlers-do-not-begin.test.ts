import { Container } from 'inversify';
import { Body, type Middleware, Namespace, On, Service, timeout, Use } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { StandardSchemaV1 } from '../../src/ports/schema.js';
import { RawClient, startNefeli } from '../support/start-app.js';

/** What a test lets go on when the handler has been given up. */
class Gate {
  open: () => void = () => {};
  readonly #opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  async pass<T>(value: T): Promise<T> {
    await this.#opened;
    return value;
  }
}

const OPTIONS = { handlerTimeoutMs: 20 };
const LATER = Symbol('later');

function slowSchema(gate: Gate) {
  const slow: StandardSchemaV1<unknown, string> = {
    '~standard': { version: 1, vendor: 'test', validate: () => gate.pass({ value: 'checked' }) },
  };
  @Namespace('default', OPTIONS)
  class Orders {
    calls = 0;
    @On('order', { body: slow })
    onOrder() {
      this.calls += 1;
    }
  }
  return Orders;
}

function slowService(_: Gate) {
  @Namespace('default', OPTIONS)
  class Orders {
    calls = 0;
    @On('order', { body: z.string() })
    onOrder(@Body() _body: string, @Service(LATER) _later: string) {
      this.calls += 1;
    }
  }
  return Orders;
}

function slowGuard(gate: Gate) {
  const guard: Middleware = async (_, next) => {
    await gate.pass(undefined);
    return await next();
  };
  @Namespace('default', OPTIONS)
  class Orders {
    calls = 0;
    @Use(guard)
    @On('order')
    onOrder() {
      this.calls += 1;
    }
  }
  return Orders;
}

function slowWithinTimeout(gate: Gate) {
  const guard: Middleware = async (_, next) => {
    await gate.pass(undefined);
    return await next();
  };
  @Namespace('default')
  class Orders {
    calls = 0;
    @Use(timeout(20), guard)
    @On('order')
    onOrder() {
      this.calls += 1;
    }
  }
  return Orders;
}

describe('a handler that has been given up before it has begun', () => {
  it.each([
    ['while its body was checked', slowSchema],
    ['while a service was made, and its body has been checked', slowService],
    ['while middleware waited', slowGuard],
    ['by timeout(), while middleware waited', slowWithinTimeout],
  ])('does not begin any more: %s', async (_, controllerWith) => {
    const gate = new Gate();
    const controller = controllerWith(gate);
    const container = new Container();
    container.bind(LATER).toDynamicValue(() => gate.pass('later'));
    container.bind(controller).toSelf().inSingletonScope();
    const client = await RawClient.join(await startNefeli({ container, controllers: [controller] }), 'default');

    client.send('$1;default;;order;0;0;"tea"');
    expect(await client.next()).toBe('$1;default;;order;1;0;handler timeout'); // and whoever asked may ask again
    gate.open();
    await new Promise((resolve) => setImmediate(resolve));

    expect(container.get<{ calls: number }>(controller).calls).toBe(0);
  });
});
