import { Namespace, type NSConn } from 'nefeli';

/** Answers every raw message with a raw `pong`. */
@Namespace('')
export class PongController {
  onNativeMessage(_: unknown, { conn }: NSConn): void {
    conn.emitNative('pong');
  }
}
