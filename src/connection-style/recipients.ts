import { WsError } from '../errors.js';
import type { Target } from '../ports/hub.js';

/** Everybody, this connection included. */
export const All: unique symbol = Symbol('All');

/** Everybody but this connection. */
export const NotMe: unique symbol = Symbol('NotMe');

/** The same as {@link NotMe}, which went by both names. */
export const Broadcast: typeof NotMe = NotMe;

/** Who is meant: everybody, everybody else, those with a public id, or those in a room. Ids and rooms may have the same names. */
export type Recipients = typeof All | typeof NotMe | { readonly id: string } | { readonly room: string };

const EVERYBODY: Target = { namespace: '', rooms: [], ids: [], exceptIds: [], exceptKeys: [] };

/**
 * The connections that are meant.
 *
 * @param key the connection that speaks
 * @throws {RECIPIENTS_UNCLEAR} for a plain name, which could be that of a room or an id
 */
export function targetFor(recipients: Recipients, key: string): Target {
  if (recipients === All) return EVERYBODY;
  if (recipients === NotMe) return { ...EVERYBODY, exceptKeys: [key] };
  const given: unknown = recipients; // who writes no types may have written anything
  if (typeof given === 'object' && given !== null) {
    if ('id' in given && typeof given.id === 'string' && !('room' in given)) return { ...EVERYBODY, ids: [given.id] };
    if ('room' in given && typeof given.room === 'string' && !('id' in given))
      return { ...EVERYBODY, rooms: [given.room] };
  }
  throw new WsError('RECIPIENTS_UNCLEAR', { value: given });
}
