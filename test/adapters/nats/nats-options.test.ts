import { describe, expect, it } from 'vitest';
import { natsAdapter } from '../../../src/adapters/nats/index.js';
import { connectionOptions } from '../../../src/adapters/nats/nats-options.js';

const app = 'chat';

describe('connectionOptions', () => {
  it('gives each server the credentials and the scheme of its own address', () => {
    const [a, b, c, d] = connectionOptions({
      app,
      servers: ['nats://maria:s%40fe@a:4223', 'tls://token@b', 'c:4222', 'nats://[::1]:4222'],
    });

    expect(a).toMatchObject({ servers: ['a:4223'], user: 'maria', pass: 's@fe' });
    expect(b).toMatchObject({ servers: ['b'], token: 'token', tls: {} });
    expect(c).toMatchObject({ servers: ['c:4222'] });
    expect(c).not.toHaveProperty('tls');
    expect(d).toMatchObject({ servers: ['[::1]:4222'] });
  });

  it('passes on what the client is to be told, but not about what is done here', () => {
    const tls = { ca: 'certificate' };
    const nats = { name: 'chat-1', tls, user: 'maria', pass: 'x', reconnect: true, noEcho: false, timeout: 100 };

    const [options] = connectionOptions({ app, servers: 'tls://a', nats });

    expect(options).toMatchObject({ name: 'chat-1', tls, user: 'maria', pass: 'x', timeout: 100 });
    expect(options).toMatchObject({ reconnect: false, noEcho: true });
  });

  it.each([[[]], [undefined], ['redis://a'], ['http://a'], ['nats://'], [['a', 7]], ['nats://maria:secret@a b']])(
    'refuses %j as servers, and does not show it: it may hold a password',
    (servers) => {
      const make = (): unknown => natsAdapter({ app, servers: servers as string }); // on purpose

      expect(make).toThrow(/^OPTION_INVALID: .*servers of natsAdapter/);
      expect(make).not.toThrow(/secret/);
    },
  );

  it('refuses what every adapter refuses', () => {
    expect(() => natsAdapter({ app: 'a b', servers: 'a' })).toThrow(/OPTION_INVALID: .*app of the adapter/);
  });
});
