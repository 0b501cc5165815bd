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
  /**
   * Whether the other side knows of namespaces and rooms, and answers. Without, they are this side's own affair: connecting,
   * joining and leaving take effect at once, and an ask is refused.
   */
  readonly hasProcedures: boolean;
  /** Whether every body says if it is JSON, to whoever reads this language. */
  readonly marksJson: boolean;
  /** Whether the other side can be told of an error. Without, errors are reported here, and close where they ask for it. */
  readonly tellsErrors: boolean;

  readHandshake(data: FrameData): HandshakeFrame;
  decode(data: FrameData): Frame;

  /** @throws {MESSAGE_NOT_ENCODABLE} for what this language cannot say */
  encode(message: WireMessage): FrameData;
  acknowledge(wait: string): FrameData;
  /** The first frame of a client. It says what that client reads beyond the rest. */
  hello(): FrameData;
  welcome(id: string): FrameData;
  /** Empty where nothing is to be sent. */
  refusal(text: string): FrameData;
}
