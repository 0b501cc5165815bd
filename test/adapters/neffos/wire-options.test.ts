import { describe, expect, it } from 'vitest';
import { natsAdapter } from '../../../src/adapters/nats/index.js';
import { checkWire } from '../../../src/adapters/neffos/wire-options.js';
import { redisAdapter } from '../../../src/adapters/redis/index.js';

const app = 'chat';

describe('checkWire', () => {
  it('gives the prefix of neffos when neffos is to be spoken to', () => {
    expect(checkWire({ app })).toBeUndefined();
    expect(checkWire({ app, wire: 'nefeli', neffosPrefix: 'ignored' })).toBeUndefined();
    expect(checkWire({ app, wire: 'neffos' })).toBe('neffos');
    expect(checkWire({ app, wire: 'neffos', neffosPrefix: 'my.app-1' })).toBe('my.app-1');
  });

  it.each(['', '.', 'a.', '.a', 'a..b', 'a b', '*', 'a.>', 'x'.repeat(65), 'chat', 'chat.neffos'])(
    'refuses the prefix "%s"',
    (neffosPrefix) => {
      expect(() => checkWire({ app, wire: 'neffos', neffosPrefix })).toThrow(/^OPTION_INVALID: .*neffosPrefix/);
    },
  );

  it('refuses a prefix that is the name of the application: the channels would be the same', () => {
    expect(() => checkWire({ app: 'neffos', wire: 'neffos' })).toThrow(/^OPTION_INVALID: .*neffosPrefix/);
  });

  it('refuses a wire that there is none of, with every broker', () => {
    const wire = 'socket.io' as 'neffos'; // on purpose

    expect(() => redisAdapter({ app, url: 'redis://127.0.0.1', wire })).toThrow(
      /^OPTION_INVALID: .*wire of the adapter/,
    );
    expect(() => natsAdapter({ app, servers: '127.0.0.1', wire })).toThrow(/^OPTION_INVALID: .*wire of the adapter/);
  });
});
