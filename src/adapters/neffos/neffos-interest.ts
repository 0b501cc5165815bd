import type { Topic } from '../../ports/topic.js';
import type { Listening } from '../broker/listening.js';

/** What a name that neffos has a channel for is here: it does not tell namespaces from ids. */
export interface Interest {
  readonly name: string;
  isNamespace: boolean;
  isId: boolean;
}

/** Which channels of neffos are listened to, and what for. Rooms have none: their messages go to the namespace. */
export class NeffosInterest {
  readonly #listening: Listening;
  readonly #channelOf: (name: string) => string | undefined;
  readonly #interests = new Map<string, Interest>();

  constructor(listening: Listening, channelOf: (name: string) => string | undefined) {
    this.#listening = listening;
    this.#channelOf = channelOf;
  }

  of(channel: string): Interest | undefined {
    return this.#interests.get(channel);
  }

  /** Whether this server has connections in a namespace of that name. */
  isNamespace(name: string): boolean {
    return this.of(this.#channelOf(name) ?? '')?.isNamespace === true;
  }

  add(topics: readonly Topic[]): Promise<void> | undefined {
    const channels: string[] = [];
    for (const { channel, kind, name } of this.#channelsOf(topics)) {
      const interest = this.#interests.get(channel) ?? { name, isNamespace: false, isId: false };
      interest[kind] = true;
      this.#interests.set(channel, interest);
      channels.push(channel);
    }
    return channels.length > 0 ? this.#listening.add(channels) : undefined;
  }

  remove(topics: readonly Topic[]): void {
    for (const { channel, kind } of this.#channelsOf(topics)) {
      const interest = this.#interests.get(channel);
      if (!interest) continue;
      interest[kind] = false;
      if (interest.isNamespace || interest.isId) continue;
      this.#interests.delete(channel);
      this.#listening.remove([channel]);
    }
  }

  /** Names that are no part of a channel at this broker have none: nothing is heard of them. */
  #channelsOf(topics: readonly Topic[]): { channel: string; kind: 'isNamespace' | 'isId'; name: string }[] {
    return topics.flatMap((topic) => {
      if (topic.kind === 'room') return [];
      const name = topic.kind === 'id' ? topic.id : topic.namespace;
      const channel = this.#channelOf(name);
      return channel === undefined ? [] : [{ channel, name, kind: topic.kind === 'id' ? 'isId' : 'isNamespace' }];
    });
  }
}
