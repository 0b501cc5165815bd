import { Container, inject, injectable, type Newable } from 'inversify';
import { Namespace, NSConn } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { ContainerResolver } from '../../src/inversify/container-resolver.js';

/** Each needs the one before it twice: there are 2 to the power of `depth` ways to the last. */
function ladder(container: Container, last: Newable, depth: number): Newable {
  let needed = last;
  for (let step = 0; step < depth; step++) {
    const Step = class {};
    injectable()(Step);
    for (const index of [0, 1]) inject(needed)(Step, undefined, index);
    container.bind(Step).toSelf().inSingletonScope();
    needed = Step;
  }
  return needed;
}

function controllerWith(service: Newable) {
  @Namespace('default')
  class Chat {
    constructor(@inject(service) readonly top: object) {}
    onChat() {}
  }
  return Chat;
}

describe('the plan of a controller', () => {
  it('is read once for each service, however many ways lead to it', async () => {
    class Clock {}
    const container = new Container();
    container.bind(Clock).toSelf();

    const provision = await ContainerResolver.of(container).provide(controllerWith(ladder(container, Clock, 40)));

    expect(provision.kind).toBe('static');
  });

  it('tells of a connection that a singleton would keep, though another way to the same service is harmless', async () => {
    class Seat {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
    }
    class Lobby {
      constructor(@inject(Seat) readonly seat: Seat) {}
    }
    @Namespace('default')
    class Chat {
      constructor(
        @inject(Seat) readonly seat: Seat,
        @inject(Lobby) readonly lobby: Lobby,
      ) {}
      onChat() {}
    }
    const container = new Container();
    container.bind(Seat).toSelf();
    container.bind(Lobby).toSelf().inSingletonScope();

    await expect(ContainerResolver.of(container).provide(Chat)).rejects.toThrow(
      'Chat > Lobby (singleton) > Seat > NSConn',
    );
  });
});
