import { describe, expect, it } from 'vitest';
import { closeOf, wsPair } from '../transport/ws-pair.js';

describe('a WsSocket whose peer closes its half of the network without a close frame', () => {
  it('sends first what has been written in this turn, in one write and in those that wait', async () => {
    const { stream, socket, client, net } = await wsPair();
    const frames: string[] = [];
    client.on('message', (data: Buffer) => void frames.push(data.toString()));
    const closed = closeOf(client);
    stream.prependOnceListener('end', () => {
      for (const data of ['one', 'two', 'three']) socket.send({ data, binary: false, droppable: false });
    });
    net.end();
    await closed;

    expect(frames).toEqual(['one', 'two', 'three']);
  });
});
