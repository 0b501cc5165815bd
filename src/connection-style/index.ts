export type { Connection, Emitter, ListenOptions } from './connection.js';
export { onConnection } from './on-connection.js';
export type { ValueKind, ValueKinds } from './read-value.js';
export { All, Broadcast, NotMe, type Recipients } from './recipients.js';
