import { createHash } from 'node:crypto';
import type { Topic } from '../../ports/topic.js';

/** Names up to this length are channels by themselves; longer ones by their hash. @source NATS reads lines of 4096 bytes at most */
const MAX_NAME_BYTES = 256;

/** Half of a character: in UTF-8 one is like any other. */
const LONE_SURROGATE = /\p{Cs}/u;

/**
 * The channels of one application: `<app>.<kind>.<name>`, each name of a user or a client as one token of base64url. A name
 * cannot be a pattern, a path, a command or another kind's name, whatever it holds.
 */
export class Channels {
  /** Where every server listens. */
  readonly all: string;
  readonly #app: string;

  constructor(app: string) {
    this.#app = app;
    this.all = `${app}.all`;
  }

  /** Where one server listens. */
  server(serverId: string): string {
    return `${this.#app}.s.${tokenOf(serverId)}`;
  }

  of(topic: Topic): string {
    switch (topic.kind) {
      case 'namespace':
        return `${this.#app}.n.${tokenOf(topic.namespace)}`;
      case 'room':
        return `${this.#app}.r.${tokenOf(topic.namespace)}.${tokenOf(topic.room)}`;
      case 'id':
        return `${this.#app}.i.${tokenOf(topic.id)}`;
    }
  }
}

function tokenOf(name: string): string {
  // No base64url is of one character: the empty name is nobody else's.
  if (name === '') return '_';
  const isText = !LONE_SURROGATE.test(name);
  const bytes = Buffer.from(name, isText ? 'utf8' : 'utf16le');
  if (isText && bytes.length <= MAX_NAME_BYTES) return bytes.toString('base64url');
  return `~${createHash('sha256').update(bytes).digest('base64url')}`;
}
