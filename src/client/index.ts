export { PublicError, RemoteError, WsError } from './client-errors.js';
export { dial } from './dial.js';
