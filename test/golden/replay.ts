import { expect } from 'vitest';
import type { FrameData } from '../../src/protocol/message.js';
import type { Outcome, Step, Transcript } from './transcripts.js';

/** A raw client: frames in and out. */
export interface Peer {
  /** Everything that has come, in order. */
  readonly received: readonly FrameData[];
  readonly closedWith: { readonly code: number; readonly reason: string } | undefined;
  send(data: FrameData): void;
  /** Waits for a condition, which is looked at whenever something has come. Rejects when it takes too long. */
  until(condition: () => boolean): Promise<void>;
  close(): void;
}

export type Dial = (transcript: Transcript) => Promise<Peer>;

/** A token of a server: nanoseconds of neffos, random of ours. */
const SERVER_TOKEN = /^(?:\d{15,}|n[0-9a-f]{16})(?=;)/;

/** Asks for what every server acknowledges and what changes nothing, so that all before it has been handled by then. */
const PROBE = '$probe;ghost;;_OnNamespaceDisconnect;0;0;';
const PROBE_ANSWER = '$probe;;;;;;';

/** Plays a transcript and asserts, step by step, that exactly those frames come that it says. */
export async function replay(transcript: Transcript, whose: 'neffos' | 'ours', dial: Dial): Promise<void> {
  const clients: Client[] = [];
  try {
    for (let n = 0; n < transcript.clients; n++) clients.push(new Client(await dial(transcript), transcript));
    for (const step of transcript.steps) await play(step, whose, clients);
  } finally {
    for (const client of clients) client.close();
  }
}

async function play(step: Step, whose: 'neffos' | 'ours', clients: readonly Client[]): Promise<void> {
  const outcome: Outcome = (whose === 'ours' ? step.ours : undefined) ?? step.neffos;
  const [first, second] = clients;
  const [sender, other] = step.by === 'first' ? [first, second] : [second, first];
  const what = `after ${step.send.map(String).join(' | ')}`;
  sender?.send(step.send);
  expect(await sender?.hear(outcome), what).toEqual({ frames: outcome.frames, close: outcome.close });
  if (other) {
    const heard = { frames: outcome.second ?? [] };
    expect(await other.hear(heard), `${what}: the other client`).toEqual({ ...heard, close: undefined });
  }
}

/** One client of a transcript, which speaks of the server's tokens as `T`. */
class Client {
  readonly #peer: Peer;
  readonly #probe: string;
  readonly #probeAnswer: string;
  #heard = 0;
  #isWelcome: boolean;
  #token = 'T';

  constructor(peer: Peer, { server }: Transcript) {
    const isNative = server === 'native';
    this.#peer = peer;
    this.#probe = isNative ? 'probe' : PROBE;
    this.#probeAnswer = isNative ? 'native:probe' : PROBE_ANSWER;
    this.#isWelcome = isNative;
  }

  send(frames: readonly FrameData[]): void {
    for (const frame of frames)
      this.#peer.send(typeof frame === 'string' ? frame.replace(/^T(?=;)/, this.#token) : frame);
    if (frames.length > 0) this.#isWelcome = true;
  }

  /** What has come since it was asked last, when there is at least what `outcome` says and nothing more to come. */
  async hear({ frames, close }: Outcome): Promise<{ frames: FrameData[]; close: Peer['closedWith'] }> {
    const peer = this.#peer;
    if (close) await peer.until(() => peer.closedWith !== undefined);
    else await peer.until(() => peer.received.length >= this.#heard + frames.length || peer.closedWith !== undefined);
    if (!peer.closedWith && this.#isWelcome) await this.#sweep();
    const heard = peer.received.slice(this.#heard).filter((frame) => frame !== this.#probeAnswer);
    this.#heard = peer.received.length;
    return { frames: heard.map((frame) => this.#readToken(frame)), close: peer.closedWith };
  }

  close(): void {
    this.#peer.close();
  }

  async #sweep(): Promise<void> {
    const peer = this.#peer;
    peer.send(this.#probe);
    await peer.until(() => peer.closedWith !== undefined || peer.received.includes(this.#probeAnswer, this.#heard));
  }

  #readToken(frame: FrameData): FrameData {
    if (typeof frame !== 'string') return frame;
    this.#token = SERVER_TOKEN.exec(frame)?.[0] ?? this.#token;
    return frame.replace(SERVER_TOKEN, 'T');
  }
}
