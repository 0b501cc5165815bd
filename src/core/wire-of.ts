import type { Wire } from '../ports/wire.js';
import type { NameLimits } from '../protocol/limits.js';
import { NativeWire, NeffosWire } from '../protocol/wires.js';
import type { EventTable } from './event-table.js';

/** What a server of this table speaks: the messages of neffos, with raw ones beside them where they are heard; or raw ones only. */
export function wireOf({ native }: { readonly native?: 'only' }, table: EventTable, limits: NameLimits): Wire {
  if (native === 'only') return new NativeWire();
  return new NeffosWire({ ...limits, allowNative: table.get('')?.native !== undefined });
}
