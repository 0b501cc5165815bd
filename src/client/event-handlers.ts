/** Handlers as they are written: by namespace, then by event. */
export type EventMaps<Handler> = Readonly<Record<string, Readonly<Record<string, Handler>>>>;

const LIFECYCLE = /^_?[Oo]n(?=(Namespace(Connect(ed)?|Disconnect)|Room(Join(ed)?|Leave|Left)|AnyEvent|NativeMessage)$)/;

/** Handlers by namespace and event, those of lifecycle events under neffos's names: `onRoomJoin` is `_OnRoomJoin`. */
export function readHandlers<Handler>(maps: EventMaps<Handler>): ReadonlyMap<string, ReadonlyMap<string, Handler>> {
  return new Map(
    Object.entries(maps).map(([namespace, handlers]) => [
      namespace,
      new Map(Object.entries(handlers).map(([event, handler]) => [event.replace(LIFECYCLE, '_On'), handler])),
    ]),
  );
}
