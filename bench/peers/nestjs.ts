import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import type { Server, WebSocket } from 'ws';

/** `WsAdapter` has neither rooms nor answers: both are kept by hand, as its users do. */
@WebSocketGateway({ path: '/ws' })
class BenchGateway implements OnGatewayDisconnect {
  @WebSocketServer()
  private readonly server: Server | undefined;
  readonly #rooms = new Map<string, Set<WebSocket>>();

  handleDisconnect(socket: WebSocket) {
    for (const room of this.#rooms.keys()) this.leave(room, socket);
  }

  @SubscribeMessage('echo')
  echo(@MessageBody() data: string) {
    return { event: 'echo', data };
  }

  @SubscribeMessage('ask')
  ask(@MessageBody() data: { id: string; body: string }) {
    return { event: 'ask', data };
  }

  @SubscribeMessage('cast')
  cast(@MessageBody() data: string) {
    sendAll(this.server?.clients ?? [], JSON.stringify({ event: 'cast', data }));
  }

  @SubscribeMessage('say')
  say(@MessageBody() data: { room: string; body: string }) {
    sendAll(this.#rooms.get(data.room) ?? [], JSON.stringify({ event: 'say', data: data.body }));
  }

  @SubscribeMessage('join')
  join(@MessageBody() room: string, @ConnectedSocket() socket: WebSocket) {
    const members = this.#rooms.get(room);
    if (members) members.add(socket);
    else this.#rooms.set(room, new Set([socket]));
    return { event: 'joined', data: room };
  }

  @SubscribeMessage('leave')
  leave(@MessageBody() room: string, @ConnectedSocket() socket: WebSocket) {
    const members = this.#rooms.get(room);
    members?.delete(socket);
    if (members?.size === 0) this.#rooms.delete(room);
    return { event: 'left', data: room };
  }
}

function sendAll(sockets: Iterable<WebSocket>, text: string): void {
  for (const socket of sockets) {
    if (socket.readyState === socket.OPEN) socket.send(text);
  }
}

@Module({ providers: [BenchGateway] })
class BenchModule {}

/** NestJS with its adapter for plain `ws`. */
export async function serve(): Promise<number> {
  const app = await NestFactory.create(BenchModule, { logger: false });
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(0, '127.0.0.1');
  return Number(new URL(await app.getUrl()).port);
}
