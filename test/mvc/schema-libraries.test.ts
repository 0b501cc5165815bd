import { type } from 'arktype';
import { Container } from 'inversify';
import { type Message, Namespace, On } from 'nefeli';
import type { Static, TSchema } from 'typebox';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { StandardSchemaV1 } from '../../src/ports/schema.js';
import { RawClient, startNefeli } from '../support/start-app.js';

/** TypeBox speaks of JSON Schema only: this is what an adapter does. */
function standardOf<T extends TSchema>(schema: T): StandardSchemaV1<unknown, Static<T>> {
  const compiled = Compile(schema);
  return {
    '~standard': {
      version: 1,
      vendor: 'typebox',
      validate: (value) =>
        compiled.Check(value)
          ? { value: value as Static<T> } // just checked
          : {
              issues: compiled.Errors(value).map(({ instancePath, message }) => ({
                path: instancePath.split('/').slice(1),
                message,
              })),
            },
    },
  };
}

const SCHEMAS = {
  zod: z.object({ item: z.string(), count: z.number().min(1) }),
  valibot: v.object({ item: v.string(), count: v.pipe(v.number(), v.minValue(1)) }),
  arktype: type({ item: 'string', count: 'number >= 1' }),
  typebox: standardOf(Type.Object({ item: Type.String(), count: Type.Number({ minimum: 1 }) })),
};

interface Order {
  item: string;
  count: number;
}

@Namespace('orders')
class Orders {
  @On('zod', { body: SCHEMAS.zod })
  onZod(msg: Message<Order>) {
    return msg.body.count;
  }
  @On('valibot', { body: SCHEMAS.valibot })
  onValibot(msg: Message<Order>) {
    return msg.body.count;
  }
  @On('arktype', { body: SCHEMAS.arktype })
  onArktype(msg: Message<Order>) {
    return msg.body.count;
  }
  @On('typebox', { body: SCHEMAS.typebox })
  onTypebox(msg: Message<Order>) {
    return msg.body.count;
  }
}

class Refused {
  // @ts-expect-error the schema gives a number
  @On('valibot', { body: SCHEMAS.valibot })
  onValibot(_: Message<{ item: string; count: string }>): void {}

  // @ts-expect-error the schema gives no price
  @On('arktype', { body: SCHEMAS.arktype })
  onArktype(_: Message<Order & { price: number }>): void {}

  // @ts-expect-error the schema gives an object
  @On('typebox', { body: SCHEMAS.typebox })
  onTypebox(_: Message<string>): void {}
}
void Refused;

describe('a schema', () => {
  it.each(Object.keys(SCHEMAS))(
    'of %s checks the body: what fits is handled, what does not is answered with the place',
    async (name) => {
      const app = await startNefeli({ container: new Container(), controllers: [Orders] });
      const client = await RawClient.join(app, 'orders');

      client.send(`$1;orders;;${name};0;0;{"item":"tea","count":2}`);
      expect(await client.next()).toBe(`$1;orders;;${name};0;0;2`);
      client.send(`$2;orders;;${name};0;0;{"item":"tea","count":0}`);
      expect(await client.next()).toMatch(new RegExp(`^\\$2;orders;;${name};1;0;invalid body: count: `));
    },
  );
});
