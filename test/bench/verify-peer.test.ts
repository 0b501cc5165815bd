import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { PROTOCOLS } from '../../bench/load/protocols.js';
import { MinimalChat } from '../../bench/peers/minimal-chat.js';
import { verifyPeer } from '../../bench/run/verify-peer.js';

let server: WebSocketServer;

async function listen(accept: (socket: WebSocket) => void): Promise<number> {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', accept);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port; // it listens on a port
}

describe('verifyPeer', () => {
  afterEach(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });

  it('accepts a server that does the work', async () => {
    const chat = new MinimalChat();
    const port = await listen((socket) => chat.accept(socket));

    await verifyPeer([port], PROTOCOLS.neffos);
  });

  it('refuses one that answers with another body, and tells both', async () => {
    const port = await listen((socket) => {
      socket.on('message', (data) => {
        const text = String(data);
        socket.send(text === 'M' ? 'A1' : text.replace('of the work', 'of less work'));
      });
    });

    await expect(verifyPeer([port], PROTOCOLS.neffos)).rejects.toThrow(
      /answered ".*of less work.*" instead of ".*of the/,
    );
  });

  it('refuses one that sends what is said in a room to those who have left it', async () => {
    const chat = new MinimalChat();
    const port = await listen((socket) => {
      chat.accept(socket);
      const listener = socket.listeners('message')[0];
      if (!listener) throw new Error('the chat does not listen');
      socket.removeAllListeners('message');
      socket.on('message', (data, isBinary) => {
        const text = String(data);
        if (text.includes('_OnRoomLeave')) socket.send('$l;;;;;;');
        else listener.call(socket, data, isBinary);
      });
    });

    await expect(verifyPeer([port], PROTOCOLS.neffos)).rejects.toThrow('among us');
  });
});
