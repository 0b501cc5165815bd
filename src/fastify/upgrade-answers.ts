import { type IncomingMessage, validateHeaderName, validateHeaderValue } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** What is known of an upgrade whose answer is still to come. */
interface Awaited {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** What its mount speaks, in the server's order; nothing where it does not care. */
  readonly subprotocols: readonly string[] | undefined;
}

/** Where a request keeps it: every entry of a WeakMap is more work for the collector of garbage. */
const AWAITED: unique symbol = Symbol('nefeli.awaited');

type AwaitedMessage = IncomingMessage & { [AWAITED]?: Awaited | undefined };

/** Chooses a subprotocol of those that a client offers; `false` for none. */
export type ChooseProtocol = (offered: Set<string>, raw: IncomingMessage) => string | false;

/** Headers that belong to the answer itself, or tell of a body that it does not have. */
const OF_THE_ANSWER =
  /^(?:connection|upgrade|date|content-(?:length|type|encoding)|transfer-encoding|sec-websocket-.*)$/;

/** What goes into the answers 101 of mounts: the subprotocol, and the headers that the hooks of the route have set. */
export class UpgradeAnswers {
  readonly #otherwise: ChooseProtocol;

  /** @param otherwise for upgrades that lead to no mount, or to one that names no subprotocols. @default what a client offers first */
  constructor(otherwise: ChooseProtocol = (offered) => offered.values().next().value ?? false) {
    this.#otherwise = otherwise;
  }

  expect(request: FastifyRequest, reply: FastifyReply, subprotocols: readonly string[] | undefined): void {
    const raw: AwaitedMessage = request.raw;
    raw[AWAITED] = { request, reply, subprotocols };
  }

  /** The first of the server's that the client offers. */
  readonly chooseProtocol: ChooseProtocol = (offered, raw: AwaitedMessage) => {
    const subprotocols = raw[AWAITED]?.subprotocols;
    if (!subprotocols) return this.#otherwise(offered, raw);
    return subprotocols.find((name) => offered.has(name)) ?? false;
  };

  /** Adds to the lines of an answer what hooks have set. Called last: what is known of the upgrade is forgotten. */
  readonly addHeaders = (lines: string[], raw: AwaitedMessage): void => {
    const awaited = raw[AWAITED];
    if (!awaited) return;
    raw[AWAITED] = undefined;
    const { request, reply } = awaited;
    const headers = reply.getHeaders();
    for (const name in headers) addHeader(lines, name, headers[name], request);
    for (const cookie of cookiesOf(request, reply)) addLine(lines, 'set-cookie', cookie, request);
  };
}

function addHeader(lines: string[], name: string, value: unknown, request: FastifyRequest): void {
  if (value === undefined || OF_THE_ANSWER.test(name)) return;
  for (const each of Array.isArray(value) ? value : [value]) addLine(lines, name, String(each), request);
}

/** A line that would be two is left out: who sets a header may have taken its value from a request. */
function addLine(lines: string[], name: string, value: string, request: FastifyRequest): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    lines.push(`${name}: ${value}`);
  } catch (err) {
    request.log.error({ err, header: name }, 'a header that no answer can carry was left out of an upgrade');
  }
}

/** Where `@fastify/cookie` keeps what `reply.setCookie()` has set, until a hook that no upgrade runs writes it into headers. */
const SET_COOKIES = 'fastify.reply.setCookies';

interface CookieToSet {
  readonly name: string;
  readonly value: string;
  readonly opts: object;
}

/** What `@fastify/cookie` adds to an app. */
interface WithCookies {
  serializeCookie?(name: string, value: string, options: object): string;
}

const NO_COOKIES: readonly string[] = [];

/** The cookies that were set by `reply.setCookie()`. None without the plugin. */
function cookiesOf(request: FastifyRequest, reply: FastifyReply): readonly string[] {
  const app = reply.server as WithCookies; // the plugin decorates it where it is registered
  if (!app.serializeCookie) return NO_COOKIES;
  const key = Object.getOwnPropertySymbols(reply).find(({ description }) => description === SET_COOKIES);
  const cookies: unknown = key && Reflect.get(reply, key);
  if (!(cookies instanceof Map)) return NO_COOKIES;
  const toSet = [...cookies.values()] as CookieToSet[]; // it is the plugin's
  return toSet.flatMap(({ name, value, opts }) => {
    try {
      const text = app.serializeCookie?.(name, value, opts);
      return text === undefined ? [] : [text];
    } catch (err) {
      request.log.error({ err, cookie: name }, 'a cookie that no answer can carry was left out of an upgrade');
      return [];
    }
  });
}
