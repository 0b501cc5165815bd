import { type DecodeOptions, decodeFrame, encodeAcknowledgement, encodeMessage } from './codec.js';
import { NATIVE_MESSAGE } from './event-names.js';
import { decodeHandshake, encodeHello, encodeRefusal, encodeWelcome } from './handshake.js';
import type { Frame, FrameData, HandshakeFrame, WireMessage } from './message.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The bare body, in a frame of the opcode that was asked for. */
export function encodeNative({ body, binary }: WireMessage): FrameData {
  if (typeof body === 'string') return binary ? encoder.encode(body) : body;
  // Bytes may wait before they leave, and whoever sends them may write over them meanwhile.
  return binary ? new Uint8Array(body) : decoder.decode(body);
}

/** Only a plain emit travels raw: the answer to a forged `_OnNativeMessage` needs its token and its flag. */
const isNative = ({ event, wait, isError }: WireMessage): boolean =>
  event === NATIVE_MESSAGE && wait === '' && !isError;

/** The messages of neffos: a handshake, then frames of seven fields; raw messages beside them where `allowNative`. */
export class NeffosWire {
  readonly name: string = 'neffos';
  readonly hasHandshake: boolean = true;
  readonly hasProcedures: boolean = true;
  readonly marksJson: boolean = false;
  readonly tellsErrors: boolean = true;
  readonly #options: DecodeOptions;

  constructor(options: DecodeOptions) {
    this.#options = options;
  }

  readHandshake(data: FrameData): HandshakeFrame {
    return decodeHandshake(data);
  }

  decode(data: FrameData): Frame {
    return decodeFrame(data, this.#options);
  }

  encode(message: WireMessage): FrameData {
    return isNative(message) ? encodeNative(message) : encodeMessage(message);
  }

  acknowledge(wait: string): FrameData {
    return encodeAcknowledgement(wait);
  }

  hello(): FrameData {
    return encodeHello({ richFrames: this.#options.richFrames === true });
  }

  welcome(id: string): FrameData {
    return encodeWelcome(id);
  }

  refusal(text: string): FrameData {
    return encodeRefusal(text);
  }
}

/**
 * Raw messages only: no handshake, no names. Every frame is one message of the namespace `""`, which is connected from
 * the start, and every message leaves as its bare body.
 */
export class NativeWire {
  readonly name: string = 'native';
  readonly hasHandshake: boolean = false;
  readonly hasProcedures: boolean = false;
  readonly marksJson: boolean = false;
  readonly tellsErrors: boolean = true;

  readHandshake(): HandshakeFrame {
    return { kind: 'other' };
  }

  decode(data: FrameData): Frame {
    return data.length === 0 ? { kind: 'empty' } : { kind: 'native', body: data };
  }

  encode(message: WireMessage): FrameData {
    return encodeNative(message);
  }

  acknowledge(): FrameData {
    return '';
  }

  hello(): FrameData {
    return '';
  }

  welcome(): FrameData {
    return '';
  }

  refusal(text: string): FrameData {
    return text;
  }
}
