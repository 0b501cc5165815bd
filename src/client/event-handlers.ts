import { LIFECYCLE } from './lifecycle.js';

/** Handlers as they are written: by namespace, then by event. */
export type EventMaps<Handler> = Readonly<Record<string, Readonly<Record<string, Handler>>>>;

/** Handlers by namespace and event, those of lifecycle events under neffos's names: `onRoomJoin` is `_OnRoomJoin`. */
export function readHandlers<Handler>(maps: EventMaps<Handler>): ReadonlyMap<string, ReadonlyMap<string, Handler>> {
  const nameOf = (event: string): string => {
    const name = event.replace(/^_?[Oo]n/, '_On');
    return LIFECYCLE.includes(name) ? name : event;
  };
  return new Map(
    Object.entries(maps).map(([namespace, handlers]) => [
      namespace,
      new Map(Object.entries(handlers).map(([event, handler]) => [nameOf(event), handler])),
    ]),
  );
}
