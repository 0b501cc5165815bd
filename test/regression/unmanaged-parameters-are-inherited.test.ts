import { Container, inject, unmanaged } from 'inversify';
import { Namespace } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { ContainerResolver } from '../../src/inversify/container-resolver.js';

class Clock {}

describe('a controller that inherits its constructor', () => {
  it('is made where nothing is injected there', async () => {
    class Base {
      constructor(@unmanaged() readonly size = 5) {}
    }
    @Namespace('default')
    class Chat extends Base {
      onChat() {}
    }

    const provision = await ContainerResolver.of(new Container()).provide(Chat);

    expect(provision).toMatchObject({ kind: 'static', instance: { size: 5 } });
  });

  it('is refused where a parameter behind such a one would get nothing', async () => {
    class Base {
      constructor(
        @unmanaged() readonly size: number,
        @inject(Clock) readonly clock: Clock,
      ) {}
    }
    @Namespace('default')
    class Chat extends Base {
      onChat() {}
    }

    await expect(ContainerResolver.of(new Container()).provide(Chat)).rejects.toThrow('INJECTION_NOT_INHERITED');
  });
});
