import type { Socket } from '../../src/ports/socket.js';
import type { Arrival } from '../../src/server/server.js';
import { settle, silentLog, type TestServer } from '../support/test-server.js';

export interface MemberOptions extends Partial<Arrival> {
  readonly namespace?: string;
  readonly rooms?: readonly string[];
  /** Its first frame. @default 'M' */
  readonly hello?: string;
}

/** A raw peer that is connected to a namespace, and to rooms of it. What it has been sent until then is forgotten. */
export async function member(
  server: TestServer,
  { namespace = 'default', rooms = [], hello = 'M', ...arrival }: MemberOptions = {},
): Promise<ReturnType<TestServer['accept']>> {
  const peer = server.accept({ hello, ...arrival });
  peer.socket.receive(`$1;${namespace};;_OnNamespaceConnect;0;0;`);
  await settle();
  for (const room of rooms) peer.socket.receive(`$2;${namespace};${room};_OnRoomJoin;0;0;`);
  await settle();
  peer.socket.sent.length = 0;
  return peer;
}

/** A connection over any socket, with nothing said yet. */
export function arrive({ server }: TestServer, socket: Socket, arrival: Partial<Arrival> = {}) {
  return server.accept(socket, {
    id: 'somebody',
    request: {} as Arrival['request'], // nothing here looks at it
    user: undefined,
    log: silentLog,
    address: '192.0.2.1',
    reconnectTries: 0,
    ...arrival,
  });
}
