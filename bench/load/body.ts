import type { Connection } from './connection.js';

/** A body of so many bytes that ends in a tag. */
export function taggedBody(bytes: number, tag: string): string {
  return 'x'.repeat(bytes - 1) + tag;
}

/**
 * Lets a connection count its own messages by the tag that their bodies end in.
 *
 * @param sample a message as it arrives
 */
export function countTagged(connection: Connection, tag: string, sample: string): void {
  const { marks } = connection.reader;
  marks.tag = tag.charCodeAt(0);
  marks.tail = sample.length - 1 - sample.lastIndexOf(tag);
}
