import { setImmediate as turn } from 'node:timers/promises';
import { Container, inject } from 'inversify';
import { Namespace, NSConn } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

class Database {}
class Cache {}
class Orders {
  constructor(@inject(Database) readonly database: Database) {}
}

@Namespace('default')
class Chat {
  constructor(
    @inject(NSConn) readonly ns: NSConn,
    @inject(Orders) readonly orders: Orders,
    @inject(Cache) readonly cache: Cache,
  ) {}
  onChat() {}
}

describe('a controller of which two services fail, one later than the other', () => {
  it('is refused with the first failure, and the second harms nobody', async () => {
    const unhandled: unknown[] = [];
    const hear = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', hear);
    onTestFinished(() => void process.off('unhandledRejection', hear));
    const errors: unknown[] = [];
    const container = new Container();
    container.bind(Orders).toSelf();
    container.bind(Database).toDynamicValue(async () => {
      await turn();
      throw new Error('the database is down');
    });
    container.bind(Cache).toDynamicValue(() => {
      throw new Error('the cache is down');
    });
    const onError = (error: unknown): void => void errors.push(error);
    const client = await RawClient.open(await startNefeli({ container, controllers: [Chat], onError }));

    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;');
    await client.next();
    expect(String(await client.next())).toContain(';internal error ');
    for (let turns = 0; turns < 3; turns++) await turn();

    expect(errors.map(String)).toEqual(['Error: the cache is down']);
    expect(unhandled).toEqual([]);
  });
});
