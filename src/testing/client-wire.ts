import type { Payload } from '../core/body.js';
import type { Wire } from '../ports/wire.js';
import { SystemEvent } from '../protocol/event-names.js';
import type { NameLimits } from '../protocol/limits.js';
import type { FrameData, HandshakeFrame, WireMessage } from '../protocol/message.js';
import { NativeWire, NeffosWire } from '../protocol/wires.js';

/** The language of neffos, in which connecting a namespace may carry a body. */
export class ClientWire extends NeffosWire {
  readonly #bodyOf: ReadonlyMap<string, Payload>;

  /** @param bodyOf what connecting a namespace says, by its name */
  constructor(limits: NameLimits, bodyOf: ReadonlyMap<string, Payload>) {
    super({ ...limits, allowNative: true, richFrames: true });
    this.#bodyOf = bodyOf;
  }

  override encode(message: WireMessage): FrameData {
    const isConnect = message.event === SystemEvent.NamespaceConnect && !message.isError;
    const body = isConnect ? this.#bodyOf.get(message.namespace) : undefined;
    return super.encode({ ...message, ...body });
  }
}

/** Raw messages only. A client opens by a handshake, which here nobody sends: it is told by itself that it is welcome. */
export class NativeClientWire extends NativeWire implements Wire {
  override readonly hasHandshake: boolean = true;
  /** What tells it so: no frame of a server is this very one. */
  readonly welcomeFrame: FrameData = new Uint8Array(1);

  override readHandshake(data?: FrameData): HandshakeFrame {
    return data === this.welcomeFrame ? { kind: 'welcome', id: '' } : { kind: 'other' };
  }
}
