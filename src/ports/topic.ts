import type { Target } from './hub.js';

/**
 * What a server can have an interest in. The kinds are names of their own: a room, an id and a namespace that are called the same
 * are three topics.
 */
export type Topic =
  | { readonly kind: 'namespace'; readonly namespace: string }
  | { readonly kind: 'room'; readonly namespace: string; readonly room: string }
  | { readonly kind: 'id'; readonly id: string };

/**
 * The one topic under which a broadcast to this target is published, so that nobody gets it twice: that of the id or of the
 * room where the target names exactly one, else that of the namespace. Whoever has a connection that is meant is interested in all three.
 */
export function topicOf({ namespace, rooms, ids }: Target): Topic {
  const [id] = ids;
  if (id !== undefined && ids.length === 1) return { kind: 'id', id };
  const [room] = rooms;
  if (room !== undefined && rooms.length === 1 && ids.length === 0) return { kind: 'room', namespace, room };
  return { kind: 'namespace', namespace };
}

/** A text that no other topic has. */
export function keyOf(topic: Topic): string {
  switch (topic.kind) {
    case 'namespace':
      return `n${topic.namespace}`;
    case 'room':
      // The length tells where the namespace ends, whatever the names hold.
      return `r${topic.namespace.length}:${topic.namespace}${topic.room}`;
    case 'id':
      return `i${topic.id}`;
  }
}
