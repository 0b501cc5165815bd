import { systemEventOf } from '../core/lifecycle-names.js';
import { WsError } from '../errors.js';
import type { EventMatcher } from '../ports/event-matcher.js';
import type { ControllerType } from '../ports/resolver.js';
import { eventMatchers } from './event-matcher.js';

/** What has to be stepped over or counted to find the members of a class: comments, texts, brackets, and assigned functions. */
const TOKEN =
  /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|[{}()[\]]|([A-Za-z_$][\w$]*)\s*=\s*(?=async\b|function\b|\(|[A-Za-z_$][\w$]*\s*=>)/g;

/** How deep the members of a class stand: in its braces, and in nothing else. */
const MEMBER_DEPTH = 1;

/**
 * The fields of a class that are given a function where they are declared, by the source of the class. It is a search, not a
 * parser: what it misses is found when the first object is made.
 */
export function functionFieldsIn(source: string): string[] {
  const fields: string[] = [];
  let depth = 0;
  for (const [token, field] of source.matchAll(TOKEN)) {
    if (field !== undefined && depth === MEMBER_DEPTH) fields.push(field);
    else if (token === '{' || token === '(' || token === '[') depth += 1;
    else if (token === '}' || token === ')' || token === ']') depth -= 1;
  }
  return fields;
}

/**
 * An arrow function in a property looks like an event and is none: it exists only once the object does, when the table has
 * long been built. Silence would cost hours, so it is refused: at start where the source of the class shows it.
 */
export function refuseFunctionFields(controller: ControllerType, matcher: EventMatcher): void {
  for (const member of functionFieldsIn(controller.toString())) refuseIfEvent(controller, member, matcher);
}

/** The same for an object that is there. */
export function refuseFunctionProperties(controller: ControllerType, instance: object, matcher: EventMatcher): void {
  // Where every name is an event, an injected function looks no more like one than anything else.
  if (matcher === eventMatchers.exact) return;
  for (const [member, { value }] of Object.entries(Object.getOwnPropertyDescriptors(instance))) {
    if (typeof value === 'function') refuseIfEvent(controller, member, matcher);
  }
}

function refuseIfEvent(controller: ControllerType, member: string, matcher: EventMatcher): void {
  if (systemEventOf(member) === undefined && matcher(member) === undefined) return;
  if (member in controller.prototype) return;
  throw new WsError('HANDLER_NOT_METHOD', { controller: controller.name, member });
}
