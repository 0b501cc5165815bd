import type { NSConn } from 'nefeli';

/** What the namespace `default` tells a device, by event. */
export interface DeviceEvents {
  chat: string;
  /** On how many devices the user is, whenever that changes. */
  devices: number;
}

/** A connection of a user: a phone, a tab, another browser. */
export type Device = NSConn<DeviceEvents>;

/** Who is here, and on which devices. A user is there from the first device to the last. */
export class Users {
  readonly #devices = new Map<string, Set<Device>>();

  /** The ids of the users. */
  get ids(): string[] {
    return [...this.#devices.keys()];
  }

  /** In the order in which they came; none for a user who is not here. */
  devicesOf(id: string): Device[] {
    return [...(this.#devices.get(id) ?? [])];
  }

  add(device: Device): void {
    const { id } = device.conn;
    const devices = this.#devices.get(id) ?? new Set();
    this.#devices.set(id, devices.add(device));
    this.#tellDevices(id);
  }

  remove(device: Device): void {
    const { id } = device.conn;
    const devices = this.#devices.get(id);
    devices?.delete(device);
    if (devices?.size === 0) this.#devices.delete(id);
    this.#tellDevices(id);
  }

  /** Sends an event to a user: to all the devices. */
  emit<Name extends keyof DeviceEvents>(id: string, event: Name, body: DeviceEvents[Name]): void {
    for (const device of this.devicesOf(id)) device.emit(event, body);
  }

  /** Takes a user, or everybody, out of the namespace. Their connections stay open. Gives how many devices there were. */
  async disconnect(ids: readonly string[] = this.ids): Promise<number> {
    const devices = ids.flatMap((id) => this.devicesOf(id));
    await Promise.allSettled(devices.map((device) => device.disconnect())); // who does not answer has gone
    return devices.length;
  }

  #tellDevices(id: string): void {
    this.emit(id, 'devices', this.devicesOf(id).length);
  }
}
