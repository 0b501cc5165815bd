import { describe, expect, it } from 'vitest';
import { ConnectionCounts, groupOf } from '../../src/server/quotas.js';

const unlimited = { maxConnections: Number.POSITIVE_INFINITY, maxConnectionsPerAddress: Number.POSITIVE_INFINITY };

describe('ConnectionCounts', () => {
  it('refuses nobody without limits', () => {
    const counts = new ConnectionCounts(unlimited);

    for (let index = 0; index < 1_000; index++) counts.add('192.0.2.1');

    expect(counts.refusalFor('192.0.2.1')).toBeUndefined();
  });

  it('refuses everybody once maxConnections are there, and nobody once one has gone', () => {
    const counts = new ConnectionCounts({ ...unlimited, maxConnections: 2 });
    counts.add('192.0.2.1');
    expect(counts.refusalFor('192.0.2.9')).toBeUndefined();
    counts.add('192.0.2.2');

    expect(counts.refusalFor('192.0.2.9')).toBe('server full');
    counts.remove('192.0.2.1');
    expect(counts.refusalFor('192.0.2.9')).toBeUndefined();
  });

  it('refuses an address that has maxConnectionsPerAddress already, and no other', () => {
    const counts = new ConnectionCounts({ ...unlimited, maxConnectionsPerAddress: 2 });
    counts.add('192.0.2.1');
    counts.add('192.0.2.1');

    expect(counts.refusalFor('192.0.2.1')).toBe('too many connections from your address');
    expect(counts.refusalFor('192.0.2.2')).toBeUndefined();
  });

  it('counts 10,000 addresses of one IPv6 /64 as one address', () => {
    const counts = new ConnectionCounts({ ...unlimited, maxConnectionsPerAddress: 10_000 });

    for (let index = 0; index < 10_000; index++) counts.add(`2001:db8:1:2::${index.toString(16)}`);

    expect(counts.addresses).toBe(1);
    expect(counts.refusalFor('2001:db8:1:2:ffff:ffff:ffff:ffff')).toBe('too many connections from your address');
    expect(counts.refusalFor('2001:db8:1:3::1')).toBeUndefined();
  });

  it('counts those without an address, and not as one address', () => {
    const counts = new ConnectionCounts({ maxConnections: 3, maxConnectionsPerAddress: 1 });
    counts.add('');
    counts.add('');
    expect(counts.refusalFor('')).toBeUndefined();
    expect(counts.addresses).toBe(0);
    counts.add('');

    expect(counts.refusalFor('')).toBe('server full');
    counts.remove('');
    expect(counts.refusalFor('')).toBeUndefined();
  });

  it('counts no address where no address has a limit', () => {
    const counts = new ConnectionCounts({ ...unlimited, maxConnections: 2 });
    counts.add('192.0.2.1');

    expect([counts.isByAddress, counts.addresses]).toEqual([false, 0]);
    counts.remove('192.0.2.1');
    counts.add('192.0.2.1');
    expect(counts.refusalFor('192.0.2.1')).toBeUndefined();
  });

  it('forgets an address with its last connection', () => {
    const counts = new ConnectionCounts({ ...unlimited, maxConnectionsPerAddress: 9 });
    counts.add('192.0.2.1');
    counts.add('192.0.2.1');

    counts.remove('192.0.2.1');
    expect(counts.addresses).toBe(1);
    counts.remove('192.0.2.1');
    expect(counts.addresses).toBe(0);
  });
});

describe('groupOf', () => {
  it.each([
    ['an IPv4 address as it is', '192.0.2.1', '192.0.2.1'],
    ['an IPv4 address written as IPv6 as the IPv4 address', '::ffff:192.0.2.1', '192.0.2.1'],
    ['the same in upper case', '::FFFF:192.0.2.1', '192.0.2.1'],
    ['the same in hexadecimal digits', '::ffff:c000:201', '192.0.2.1'],
    ['an IPv6 address as its /64', '2001:db8:a:b:1:2:3:4', '2001:db8:a:b'],
    ['a shortened one as the same /64', '2001:db8:a:b::4', '2001:db8:a:b'],
    ['one in upper case and with leading zeros as the same /64', '2001:0DB8:000A:000B::4', '2001:db8:a:b'],
    ['one that is shortened within its /64', '2001:db8::1', '2001:db8:0:0'],
    ['one that ends with its gap', '2001:db8::', '2001:db8:0:0'],
    ['the loopback address', '::1', '0:0:0:0'],
    ['a link-local address with its zone', 'fe80::1%eth0', 'fe80:0:0:0'],
    ['no address', '', ''],
  ])('gives %s', (_, address, group) => {
    expect(groupOf(address)).toBe(group);
  });
});
