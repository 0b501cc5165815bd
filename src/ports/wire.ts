import type { Frame, FrameData, HandshakeFrame, WireMessage } from '../protocol/message.js';

/**
 * A language that two ends speak. No other part knows a separator or a first byte.
 *
 * Reading never throws: what cannot be understood comes back as `malformed`.
 */
export interface Wire {
  readonly name: string;
  /** Whether a connection opens with `hello` and `welcome`. Without, the namespace `""` is connected from the start. */
  readonly hasHandshake: boolean;

  readHandshake(data: FrameData): HandshakeFrame;
  decode(data: FrameData): Frame;

  encode(message: WireMessage): FrameData;
  acknowledge(wait: string): FrameData;
  /** The first frame of a client. It says what that client reads beyond the rest. */
  hello(): FrameData;
  welcome(id: string): FrameData;
  refusal(text: string): FrameData;
}
