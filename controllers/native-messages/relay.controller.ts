import { type Message, NATIVE_MESSAGE, Namespace, type NSConn } from 'nefeli';

/** Hands every raw message to all the others, as it came: text as text, bytes as bytes. */
@Namespace('')
export class RelayController {
  onNativeMessage({ body }: Message, ns: NSConn): void {
    ns.broadcastOthers(NATIVE_MESSAGE, body);
  }
}
