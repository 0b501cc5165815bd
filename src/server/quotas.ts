/** How many connections a server takes. */
export interface Quotas {
  /** @default Infinity */
  readonly maxConnections: number;
  /** From one address; for IPv6 from one /64, which is what one customer is given. @default Infinity */
  readonly maxConnectionsPerAddress: number;
}

/** Why a connection is not taken now. */
export type QuotaRefusal = 'server full' | 'too many connections from your address';

/** Of who comes from no address, as over a unix socket: nobody can tell them apart, so they are not counted as one. */
const NO_ADDRESS = '';

/** Counts connections, all together and by address. */
export class ConnectionCounts {
  readonly #quotas: Quotas;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(quotas: Quotas) {
    this.#quotas = quotas;
  }

  /**
   * Whether it matters where a connection comes from. To find that out is a system call for each, and some hundred bytes that
   * Node keeps, so it is left out where nothing counts it.
   */
  get isByAddress(): boolean {
    return this.#quotas.maxConnectionsPerAddress !== Number.POSITIVE_INFINITY;
  }

  /** The number of addresses that are counted at the moment. */
  get addresses(): number {
    return this.#byAddress.size;
  }

  /** @param address anything where it does not matter */
  refusalFor(address: string): QuotaRefusal | undefined {
    if (this.#total >= this.#quotas.maxConnections) return 'server full';
    if (!this.#isCounted(address)) return undefined;
    const count = this.#byAddress.get(groupOf(address)) ?? 0;
    return count >= this.#quotas.maxConnectionsPerAddress ? 'too many connections from your address' : undefined;
  }

  add(address: string): void {
    this.#total += 1;
    if (!this.#isCounted(address)) return;
    const group = groupOf(address);
    this.#byAddress.set(group, (this.#byAddress.get(group) ?? 0) + 1);
  }

  remove(address: string): void {
    this.#total -= 1;
    if (!this.#isCounted(address)) return;
    const group = groupOf(address);
    const count = this.#byAddress.get(group) ?? 0;
    if (count > 1) this.#byAddress.set(group, count - 1);
    else this.#byAddress.delete(group);
  }

  #isCounted(address: string): boolean {
    return this.isByAddress && address !== NO_ADDRESS;
  }
}

/** The four groups of hexadecimal digits that name a /64 network. */
const NETWORK_GROUPS = 4;

/** An IPv4 address within IPv6. Node writes it with dots; what a proxy puts into a header may have hexadecimal digits. */
const MAPPED_DOTTED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const MAPPED_HEX = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/i;

/** An IPv4 address as it is, also where it is written as IPv6; an IPv6 address by its /64. */
export function groupOf(address: string): string {
  if (!address.includes(':')) return address;
  return mappedIpv4(address) ?? networkOf(address);
}

function mappedIpv4(address: string): string | undefined {
  const [, dotted] = MAPPED_DOTTED.exec(address) ?? [];
  if (dotted !== undefined) return dotted;
  const [, high, low] = MAPPED_HEX.exec(address) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return [high, low].flatMap((group) => bytesOf(Number.parseInt(group, 16))).join('.');
}

const bytesOf = (group: number): number[] => [group >> 8, group & 0xff];

function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + after < 2 * NETWORK_GROUPS) groups.push('0');
  }
  return groups.slice(0, NETWORK_GROUPS).map(withoutZeros).join(':').toLowerCase();
}

const withoutZeros = (group: string): string => group.replace(/^0+(?=.)/, '');
