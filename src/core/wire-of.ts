import { WsError } from '../errors.js';
import type { Wire } from '../ports/wire.js';
import { IRIS_PREFIXES, IrisWire, isEncodableEvent } from '../protocol/iris-wire.js';
import type { NameLimits } from '../protocol/limits.js';
import { NativeWire, NeffosWire } from '../protocol/wires.js';
import type { EventTable } from './event-table.js';

/** A language of the websockets of Iris before neffos, where it is not one of the two that have a name. */
export interface IrisWireChoice {
  /** What every event begins with: `EvtMessagePrefix` there. @default 'iris-websocket-message:' */
  readonly prefix?: string;
  /** Sends all messages in binary frames; the pages of Iris do not read those. @default false */
  readonly binaryMessages?: boolean;
}

/**
 * The language of a server: `'neffos'`, or one of the websockets of Iris before neffos: `'iris'`, of Iris itself,
 * `'go-websocket'`, of the package beneath it for some time, or with a prefix of one's own.
 */
export type WireChoice = 'neffos' | keyof typeof IRIS_PREFIXES | IrisWireChoice;

interface WireOptions {
  readonly native?: 'only';
  readonly wire?: WireChoice;
}

/** What a server of this table speaks: the messages of neffos, with raw ones beside them where they are heard, unless it is told otherwise. */
export function wireOf({ native, wire = 'neffos' }: WireOptions, table: EventTable, limits: NameLimits): Wire {
  if (native === 'only') return new NativeWire();
  if (wire === 'neffos') return new NeffosWire({ ...limits, allowNative: table.get('')?.native !== undefined });
  const { maxEventBytes } = limits;
  if (typeof wire === 'string') return new IrisWire({ name: wire, prefix: IRIS_PREFIXES[wire], maxEventBytes });
  const { prefix = IRIS_PREFIXES.iris, binaryMessages = false } = wire;
  return new IrisWire({ name: prefix, prefix, maxEventBytes, binaryMessages });
}

/**
 * Refuses a table that the language cannot carry.
 *
 * @throws {WIRE_TOO_SMALL}
 */
export function mustFit({ name, hasHandshake, marksJson }: Wire, table: EventTable): void {
  if (hasHandshake || !marksJson) return; // what raw messages alone can carry is checked by itself
  const found = [...table.values()].flatMap(({ namespace, events }) =>
    namespace === ''
      ? [...events.keys()].filter((event) => !isEncodableEvent(event)).map((event) => JSON.stringify(event))
      : [`the namespace ${JSON.stringify(namespace)}`],
  );
  if (found.length > 0) throw new WsError('WIRE_TOO_SMALL', { wire: name, found });
}
