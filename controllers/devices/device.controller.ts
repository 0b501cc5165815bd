import { inject } from 'inversify';
import { type Message, Namespace, PublicError } from 'nefeli';
import { Log } from './log.js';
import { type Device, Users } from './users.js';

const MAX_LENGTH = 500;

/** All connections of one user are one: what is said on a device is seen on all of them. Who is silent for 20 s is let go. */
@Namespace('default', { readTimeoutMs: 20_000, writeTimeoutMs: 20_000 })
export class DeviceController {
  constructor(
    @inject(Users) private readonly users: Users,
    @inject(Log) private readonly log: Log,
  ) {}

  onNamespaceConnected(_: Message, device: Device): void {
    device.emit('chat', "welcome to server's namespace");
    this.users.add(device);
    this.log.info({ user: device.conn.id, users: this.users.ids.length }, 'a device is here');
  }

  onNamespaceDisconnect(_: Message, device: Device): void {
    this.users.remove(device);
    this.log.info({ user: device.conn.id, users: this.users.ids.length }, 'a device has left');
  }

  onChat({ body }: Message, device: Device): void {
    if (typeof body !== 'string' || body.trim() === '' || body.length > MAX_LENGTH)
      throw new PublicError(`A message has 1 to ${MAX_LENGTH} characters.`);
    this.users.emit(device.conn.id, 'chat', body);
  }
}
