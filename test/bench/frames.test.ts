import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { countTagged, taggedBody } from '../../bench/load/body.js';
import type { Connection } from '../../bench/load/connection.js';
import { FrameReader } from '../../bench/load/frame-reader.js';
import { maskedPong, maskedText } from '../../bench/load/masked-frame.js';
import { PROTOCOLS } from '../../bench/load/protocols.js';

const TEXT = 1;
const PING = 9;
const CLOSE = 8;

/** A frame as a server sends it, by `ws`. */
function frame(payload: string, opcode = TEXT, fin = true): Buffer {
  const options = { fin, opcode, mask: false, rsv1: false, readOnly: true };
  // Public in ws, and without types.
  const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, how: typeof options): Buffer[] } };
  return Buffer.concat(Sender.frame(Buffer.from(payload), options));
}

function read(reader: FrameReader, bytes: Buffer, pieceBytes = bytes.length): void {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    reader.read(piece, 0, piece.length);
  }
}

function unmask(bytes: Buffer): { opcode: number; payload: string } {
  const short = (bytes[1] ?? 0) & 0x7f;
  const maskAt = short === 127 ? 10 : short === 126 ? 4 : 2;
  const mask = bytes.subarray(maskAt, maskAt + 4);
  const payload = bytes.subarray(maskAt + 4).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return { opcode: (bytes[0] ?? 0) & 15, payload: Buffer.from(payload).toString() };
}

describe('maskedText', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536])('masks a payload of %i bytes, which unmasks to the same', (bytes) => {
    const text = 'x'.repeat(bytes);

    expect(unmask(maskedText(text))).toEqual({ opcode: 1, payload: text });
  });

  it('has a mask that is not zero, so that the server has to unmask', () => {
    for (let times = 0; times < 50; times++) expect(maskedText('a').subarray(2, 6)).not.toEqual(Buffer.alloc(4));
  });

  it('masks pongs too, which are empty', () => {
    expect(unmask(maskedPong())).toEqual({ opcode: 10, payload: '' });
  });
});

describe('FrameReader', () => {
  it.each([1, 2, 3, 7, 100, 1_000_000])('counts the same messages in pieces of %i bytes', (pieceBytes) => {
    const reader = new FrameReader();
    reader.marks.tag = 'b'.charCodeAt(0);
    const sizes = [1, 125, 126, 300, 65_535, 65_536, 70_000];
    const frames = sizes.flatMap((bytes) => ['a', 'b'].map((tag) => frame(taggedBody(bytes, tag))));

    read(reader, Buffer.concat(frames), pieceBytes);

    expect(reader).toMatchObject({ messages: sizes.length * 2, own: sizes.length, short: 0, pings: 0 });
  });

  it('finds the tag that does not stand last, however the frame is cut', () => {
    for (let pieceBytes = 1; pieceBytes < 40; pieceBytes++) {
      const reader = new FrameReader();
      countTagged({ reader } as unknown as Connection, 'A', PROTOCOLS.socketIo.delivered('cast', 'xxxA'));

      read(reader, frame(PROTOCOLS.socketIo.delivered('cast', 'xxxxxxA')), pieceBytes);
      read(reader, frame(PROTOCOLS.socketIo.delivered('cast', 'xxxxxxB')), pieceBytes);

      expect(reader).toMatchObject({ messages: 2, own: 1 });
    }
  });

  it('counts a message in fragments once, and by its whole length', () => {
    const reader = new FrameReader();
    reader.marks.minBytes = 6;

    read(reader, Buffer.concat([frame('abc', TEXT, false), frame('', PING), frame('def', 0, true)]));

    expect(reader).toMatchObject({ messages: 1, short: 0, pings: 1 });
  });

  it('counts messages below minBytes apart, and empty ones', () => {
    const reader = new FrameReader();
    reader.marks.minBytes = 3;

    read(reader, Buffer.concat([frame('ab'), frame(''), frame('abc')]));

    expect(reader).toMatchObject({ messages: 1, short: 2 });
  });

  it('tells pings of WebSocket from those of the protocol, and counts neither as messages', () => {
    const reader = new FrameReader();
    reader.marks.ping = '2'.charCodeAt(0);

    read(reader, Buffer.concat([frame('hi', PING), frame('2'), frame('22'), frame('3')]));

    expect(reader).toMatchObject({ messages: 2, pings: 1, keepAlives: 1 });
  });

  it('tells that the server has closed', () => {
    const reader = new FrameReader();

    read(reader, frame('\u0003\u00e8', CLOSE));

    expect(reader).toMatchObject({ messages: 0, closed: true });
  });
});
