const quote = (name: string): string => JSON.stringify(name);
const list = (names: readonly string[]): string => names.map(quote).join(', ') || 'none';

/** `the parameters 1, 3`. */
function parametersOf(numbers: readonly number[]): string {
  if (numbers.length === 0) return 'a parameter';
  return `the parameter${numbers.length > 1 ? 's' : ''} ${numbers.join(', ')}`;
}

/** A value that somebody has written, as they recognise it: never a class with all its source. */
function shown(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'function') return shownFunction(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value !== 'object' || value === null) return String(value);
  const type: unknown = value.constructor; // none, where the prototype is null
  return typeof type === 'function' && type !== Object && type.name ? `an instance of ${type.name}` : 'an object';
}

function shownFunction(value: { readonly name: string }): string {
  const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function';
  return value.name ? `the ${kind} ${value.name}` : `a ${kind}`;
}

/**
 * Every error that Nefeli itself raises: code → message. The message says what happened, with which value, and what to do.
 *
 * `docs/errors.md` has a row for each code; a test compares the two.
 */
export const MESSAGE_OF = {
  // The peer's mistakes: answered on the wire.
  NAMESPACE_UNKNOWN: (d: { namespace: string; served: readonly string[] }): string =>
    `nothing serves the namespace ${quote(d.namespace)}. Served here: ${list(d.served)}. ` +
    'Add a controller or a map for it, or correct the name.',
  NAMESPACE_NOT_CONNECTED: (d: { namespace: string }): string =>
    `this connection is not connected to the namespace ${quote(d.namespace)}. Connect to it first.`,
  ROOM_NOT_JOINED: (d: { namespace: string; room: string }): string =>
    `this connection has not joined the room ${quote(d.room)} of the namespace ${quote(d.namespace)}. Join it first.`,
  EVENT_UNKNOWN: (d: { namespace: string; event: string }): string =>
    `the namespace ${quote(d.namespace)} has no handler for the event ${quote(d.event)}. ` +
    'Add a method or a map entry for it, add onAnyEvent, or correct the name.',
  MESSAGE_MALFORMED: (d: { reason: string }): string =>
    `a frame could not be understood: ${d.reason}. Three within a minute close the connection.`,
  TOO_MANY_NAMESPACES: (d: { maxNamespaces: number }): string =>
    `this connection is connected to ${d.maxNamespaces} namespaces already. Disconnect one, or raise limits.maxNamespaces.`,
  TOO_MANY_ROOMS: (d: { maxRooms: number }): string =>
    `this connection has joined ${d.maxRooms} rooms already. Leave one, or raise limits.maxRooms.`,
  HANDLER_TIMEOUT: (d: { event: string; timeoutMs: number }): string =>
    `the handler of ${quote(d.event)} did not finish within ${d.timeoutMs} ms, so the next message goes on without it. ` +
    'Let it end when msg.signal aborts, or raise handlerTimeoutMs or the timeout() around it.',

  // What can happen to whoever sends or waits.
  ASK_TIMEOUT: (d: { event: string; timeoutMs: number }): string =>
    `no reply to ${quote(d.event)} came within ${d.timeoutMs} ms. Answer it on the other side, or give ask() a longer timeoutMs.`,
  ASK_ABORTED: (d: { event: string }): string =>
    `the ask ${quote(d.event)} was aborted by its signal before a reply came.`,
  ASK_UNANSWERABLE: (d: { event: string; wire: string }): string =>
    `${quote(d.event)} cannot be asked: clients of the wire ${quote(d.wire)} do not answer. Emit it, and let them emit an event back.`,
  ASK_UNHEARD: (d: { event: string }): string =>
    `nobody matched the target of the ask ${quote(d.event)}. Check the namespace, room and id it was sent to.`,
  TOO_MANY_ASKS: (d: { maxPendingAsks: number }): string =>
    `${d.maxPendingAsks} asks of this connection wait for their replies already. Await some, or raise limits.maxPendingAsks.`,
  CONN_CLOSED: (d: { code: number; reason: string }): string =>
    `the connection has closed (${d.code}${d.reason ? `: ${d.reason}` : ''}), so nothing can be asked or awaited on it any more.`,
  CONN_DOWN: (_: Record<string, never>): string =>
    'the connection is lost or slow, and nothing may wait for it. Send it again when the state is "open", or allow a queue.',
  QUEUE_FULL: (d: { maxMessages: number; maxBytes: number }): string =>
    `more than ${d.maxMessages} messages or ${d.maxBytes} bytes wait already. Send less while the connection is lost or slow, ` +
    'read faster, or raise the limit.',
  CONN_REFUSED: (d: { text: string }): string => `the server refused the connection: ${d.text}`,
  REMOTE_ERROR: (d: { text: string }): string => `the other side answered with an error: ${d.text}`,
  EMIT_TOO_EARLY: (d: { namespace: string }): string =>
    `nothing can be sent to the namespace ${quote(d.namespace)} before it is connected. ` +
    'Move it from the constructor or onNamespaceConnect to onNamespaceConnected.',
  MESSAGE_TOO_LARGE: (d: { event: string; bytes: number; maxMessageBytes: number }): string =>
    `the message ${quote(d.event)} has ${d.bytes} bytes, and ${d.maxMessageBytes} are allowed. ` +
    'Send it in parts, or raise limits.maxMessageBytes.',
  EVENT_RESERVED: (d: { event: string }): string =>
    `${quote(d.event)} cannot be sent as an event: names that start with "_On" belong to the protocol. Choose another name.`,
  NAME_TOO_LONG: (d: { kind: string; name: string; maxBytes: number }): string =>
    `the ${d.kind} name ${quote(`${d.name.slice(0, 32)}…`)} is longer than ${d.maxBytes} bytes of UTF-8. ` +
    'Use a shorter one, or raise the limit of its kind in limits.',
  NAME_NOT_ENCODABLE: (d: { kind: string; name: string }): string =>
    `the ${d.kind} name ${quote(d.name)} would not arrive as it is: it holds "@%!semicolon@%!", which the wire uses for ` +
    '";", or half of a character. Use another name.',
  MESSAGE_NOT_ENCODABLE: (d: { wire: string; event: string; reason: string }): string =>
    `${quote(d.event)} cannot be written in the wire ${quote(d.wire)}: ${d.reason}. Send it otherwise.`,
  VALUE_UNEXPECTED: (d: { event: string; expected: string; found: string }): string =>
    `${quote(d.event)} came with ${d.found}, and a listener wants ${d.expected}. Let the sender send that, or listen with another \`as\`.`,
  RECIPIENTS_UNCLEAR: (d: { value: unknown }): string =>
    `to(${shown(d.value)}) says neither whether an id is meant nor a room: they may have the same names. ` +
    'Write to({ id: … }), to({ room: … }), to(All) or to(NotMe).',
  BODY_NOT_JSON: (d: { event: string; reason: string }): string =>
    `the body of ${quote(d.event)} is not JSON: ${d.reason}. Read msg.body, or let the sender send JSON.`,
  BODY_NOT_SENDABLE: (d: { type: string }): string =>
    `a value of type ${d.type} cannot be sent. Send a string, bytes, or what JSON can hold.`,
  CLIENT_CANNOT_BROADCAST: (_: Record<string, never>): string =>
    'only a server can broadcast. Emit an event, and let a handler on the server broadcast it.',

  ADAPTER_UNREACHABLE: (d: { broker: string; reason: string }): string =>
    `${d.broker} cannot be reached: ${d.reason}. Start it, or correct its address or credentials; ` +
    "with whenDown: 'degrade' the server starts without it and goes on trying.",
  ADAPTER_DOWN: (d: { broker: string }): string =>
    `${d.broker} cannot be reached at the moment, so the other servers cannot be asked. Try again when app.nefeli.cluster.state is 'up'.`,
  ADAPTER_FULL: (d: { broker: string; maxBytes: number }): string =>
    `a message for other servers was refused: ${d.maxBytes} bytes wait for ${d.broker} already. ` +
    'Send less while it is down or slow, or raise maxQueueBytes of the adapter.',
  ADAPTER_IN_USE: (_: Record<string, never>): string =>
    'this adapter takes part for one server, and was given to a second one. Make an adapter for each mount of each app.',

  NEXT_CALLED_TWICE: (d: { middleware: string }): string =>
    `${d.middleware} has called next() twice, but a handler runs once for a message. Keep the promise of the first call.`,
  REPLY_INVALID: (d: { origin: string; reason: string }): string =>
    `what ${d.origin} has returned does not fit its reply schema: ${d.reason}. Mend the handler or the schema.`,

  // The programmer's mistakes: thrown at start.
  OPTION_INVALID: (d: { option: string; value: unknown; expected: string }): string =>
    `the option ${d.option} is ${shown(d.value)}, but must be ${d.expected}.`,
  EVENT_DUPLICATE: (d: { namespace: string; event: string; first: string; second: string }): string =>
    `the event ${quote(d.event)} of the namespace ${quote(d.namespace)} is handled twice: by ${d.first} and by ${d.second}. ` +
    'Rename one of them, or give one another name with @On.',
  NAMESPACE_CONFLICT: (d: {
    namespace: string;
    option: string;
    first: string;
    firstValue: unknown;
    second: string;
    secondValue: unknown;
  }): string =>
    `those who serve the namespace ${quote(d.namespace)} disagree on ${d.option}: it is ${shown(d.firstValue)} for ${d.first} ` +
    `and ${shown(d.secondValue)} for ${d.second}. Say the same in both, or leave it out in one.`,
  EVENT_NAMES_WRONG: (d: {
    controller: string;
    method: string;
    said: readonly string[];
    served: readonly string[];
  }): string =>
    `by the eventNames of ${d.controller} clients take ${d.method} for ${list(d.said)}, but it hears ` +
    (d.served.length > 0
      ? `${list(d.served)}. Write there ${d.method}: [${list(d.served)}].`
      : `no event. Write there ${d.method}: [], or name the event with @On.`),
  LIFECYCLE_MISSPELT: (d: { origin: string; nearest: readonly string[] }): string =>
    `${d.origin} is almost ${d.nearest.join(' or ')}, but not quite, so it would never be told. ` +
    `Rename it to ${d.nearest.join(' or ')}; if it is meant as an event, name that with @On('…').`,
  HANDLER_NOT_METHOD: (d: { controller: string; member: string; decorator?: string }): string =>
    d.decorator === undefined
      ? `${d.controller}.${d.member} looks like an event but is not a method: only methods on the prototype are events. ` +
        'Write it as a method, not as an arrow function property.'
      : `${d.decorator} stands on ${d.controller}.${d.member}, which is no method of an object, so it would never be called. ` +
        'Write it as a method: not static, not a getter, not a function in a property, and not under a symbol.',
  HANDLER_NOT_FUNCTION: (d: { namespace: string; event: string; type: string }): string =>
    `the event ${quote(d.event)} of the namespace ${quote(d.namespace)} is of type ${d.type}. Give it a function (msg, ns) => ….`,
  HANDLER_PARAMETER: (d: { method: string; parameter: number; reason: string }): string =>
    `the parameter ${d.parameter} of ${d.method} ${d.reason}`,
  PARAMETER_MISPLACED: (d: { decorator: string; place: string; mending: string }): string =>
    `${d.decorator} stands on ${d.place}, and is for parameters of handlers. ${d.mending}`,
  DECORATORS_STANDARD: (d: { decorator: string; place: string }): string =>
    `${d.decorator} was called as a standard decorator, on ${d.place}. Nefeli and inversify need legacy ones: ` +
    'set "experimentalDecorators": true in the tsconfig.json that your compiler or runner reads, and let its "include" cover ' +
    'this file: for one outside of it tsx and Vite do not heed the option.',
  NATIVE_MISPLACED: (d: { namespace: string }): string =>
    `onNativeMessage stands in the namespace ${quote(d.namespace)}. Raw messages have no namespace: move it to the namespace "".`,
  NATIVE_ONLY_INVALID: (d: { found: readonly string[] }): string =>
    `native: 'only' needs exactly one handler, onNativeMessage in the namespace "". Found: ${d.found.join(', ') || 'none'}. ` +
    "Remove the others, or leave native: 'only' out: raw and framed messages can share a connection.",
  WIRE_TOO_SMALL: (d: { wire: string; found: readonly string[] }): string =>
    `the wire ${quote(d.wire)} has one namespace, "", and events whose names hold no ";". Found: ${d.found.join(', ')}. ` +
    'Serve them on a mount of their own, in the wire of neffos.',
  CONTROLLER_NOT_DECORATED: (d: { controller: string }): string =>
    `${d.controller} is not decorated with @Namespace(…), so no namespace can be read from it. Decorate the class, give it ` +
    `\`static readonly namespace = '…'\`, or register it as { controller: ${d.controller}, namespace: '…' }.`,
  CONTROLLER_DUPLICATE: (d: { controller: string; namespace: string }): string =>
    `${d.controller} is registered twice for the namespace ${quote(d.namespace)}, so each of its events would be handled twice. ` +
    'Remove one of the two, or give one another namespace.',
  CONTROLLER_WITHOUT_EVENTS: (d: { controller: string }): string =>
    `${d.controller} has no event: no method named on… with an upper-case letter after it, and none with @On. Add one, or remove it from controllers.`,
  CONTROLLERS_NEED_CONTAINER: (d: { controllers: readonly string[] }): string =>
    `controllers are given (${d.controllers.join(', ')}) but no container that could make them. Pass container: new Container().`,
  NOTHING_SERVED: (_: Record<string, never>): string =>
    'there is nothing to serve: neither controllers nor namespaces were given. Pass one of them.',
  SERVICE_UNBOUND: (d: { controller: string; reason: string }): string =>
    `${d.controller} cannot be made: ${d.reason}. Bind every service once, before nefeli is registered.`,
  METADATA_MISSING: (d: { controller: string; type: string; parameters: readonly number[] }): string =>
    `${d.controller} cannot be made: ${parametersOf(d.parameters)} of the constructor of ${d.type} ` +
    `${d.parameters.length > 1 ? 'have' : 'has'} neither @inject nor metadata of a class. The type is an interface, or its class ` +
    'is imported with `import type`, or the code is compiled by esbuild or tsx, which emit no metadata. ' +
    'Import the class by value, and write @inject(…) on every parameter.',
  SERVICE_ASYNC: (d: { controller: string }): string =>
    `${d.controller} cannot be made: something in it asks the container by get(…) for a service with an asynchronous binding. ` +
    'Ask by getAsync(…), or let it be injected: then it is waited for.',
  CAPTIVE_CONNECTION: (d: { path: string }): string =>
    `a singleton would keep the first connection for everybody: ${d.path}. Bind it in transient scope, or pass it the NSConn as an argument.`,
  CAPTIVE_SERVICE: (d: {
    holder: string;
    holderLives: string;
    kept: string;
    keptLives: string;
    path: string;
  }): string =>
    `${d.holder} lives as long as its ${d.holderLives}, and would keep ${d.kept} of the first ${d.keptLives}: ${d.path}. ` +
    'Let it live no longer than what it needs, or pass that to its methods.',
  INJECTION_NOT_INHERITED: (d: { type: string; base: string; member: string }): string =>
    `${d.type} extends ${d.base}, but would not get what is injected there (${d.member}): inversify does not inherit it. ` +
    `Write @injectFromBase({ extendProperties: true, extendConstructorArguments: true }) on ${d.type}.`,
  BINDING_LATE: (d: { service: string }): string =>
    `${d.service} was bound after nefeli was registered, when controllers that need it had been planned: what was made before ` +
    'keeps what it has, and a second binding is one too many. Bind it before.',
  SESSION_MISSING: (_: Record<string, never>): string =>
    'the request of this connection has no session. Register a session plugin, such as @fastify/session, before the route of ' +
    'the websocket, or leave CurrentSession out.',
  OUTSIDE_CONNECTION: (d: { service: string }): string =>
    `${d.service} was asked for outside of a connection. Inject it only into controllers, and into transient services that controllers use.`,
  SCOPE_ENDED: (_: Record<string, never>): string =>
    'a service was asked for after its connection, or the handler of its message, had ended. Keep what you need from before.',
  WEBSOCKET_ALREADY_REGISTERED: (_: Record<string, never>): string =>
    '@fastify/websocket is registered already, so origins would be checked too late and clients closed without a code. ' +
    'Remove that registration: nefeli registers @fastify/websocket itself and passes `websocket: { … }` on to it.',
  MOUNT_DUPLICATE: (d: { name: string }): string =>
    `the mount ${quote(d.name)} is registered twice. Give the second one another name.`,
  MOUNT_UNKNOWN: (d: { name: string; mounts: readonly string[] }): string =>
    `no mount is named ${quote(d.name)}. Registered: ${list(d.mounts)}. Register it with { name: ${quote(d.name)} }.`,
  BROADCASTER_UNREADY: (d: { name: string }): string =>
    `the Broadcaster of the mount ${quote(d.name)} was used while there is no such mount: before nefeli had been registered, or ` +
    'after its app had closed. Use it in methods and not in constructors, and register nefeli before whoever uses it runs.',
  BROADCASTER_AMBIGUOUS: (d: { name: string; mounts: number }): string =>
    `the Broadcaster of the mount ${quote(d.name)} was used, but ${d.mounts} apps share its container and have a mount of that name. ` +
    'Give the mounts names, and inject it with @named(…).',
  MOUNT_ELSEWHERE: (_: Record<string, never>): string =>
    'nefeli is registered in another, sibling context of the same server, and two contexts cannot both own its upgrades. ' +
    'Register nefeli on their common parent, with a name for each mount.',
  ROUTE_UNGUARDED: (d: { route: string }): string =>
    `the route ${quote(d.route)} has called a handler of nefeli from a function around it, so nothing has checked the origin ` +
    'and the limits: it is refused. Register nefeli first and await it, and give the route the handler itself: ' +
    "app.get('/ws', { websocket: true }, app.nefeli.handler()). A plugin that wraps the handlers of routes comes after nefeli, or nefeli serves by path.",
  ID_EMPTY: (_: Record<string, never>): string =>
    'the idGenerator returned an empty id. Return a text that is not empty; leave idGenerator out for random ids.',
  ID_INVALID: (d: { type: string }): string =>
    `the idGenerator returned a value of type ${d.type}. Return a text, or a promise of one.`,

  // What a test finds.
  EVENT_MISSING: (d: { what: string; waited: string; came: readonly string[] }): string =>
    `${d.what} has not come ${d.waited}. Came instead: ${d.came.join('; ') || 'nothing'}. ` +
    'Check its name and who it is sent to. What takes time of the clock comes after clock.advance(…); ' +
    'for what takes real time give expectEvent() a timeoutMs.',
  EVENT_UNEXPECTED: (d: { what: string; came: readonly string[] }): string =>
    `${d.what} was not to come, but has: ${d.came.join('; ')}. Check who it is sent to, or take it with expectEvent() before.`,
  FAILURES_NOT_TAKEN: (d: { failures: readonly string[] }): string =>
    `handlers have failed in this test: ${d.failures.join('; ')}. ` +
    'Mend them; where the test means them to fail, take the errors with takeErrors().',
} as const;
