// The language of the websockets of Iris before neffos, as much of it as a page needs. An event is a text,
//
//     iris-websocket-message:<event>;<kind>;<value>
//
// and what begins otherwise is a raw message.

const PREFIX = 'iris-websocket-message:';
const EVENT = /^([^;]+);([0-4]);(.*)$/s;
const RECONNECT_MS = 1_000;
/** The server has meant it: who is sent away so does not come back by itself. */
const NORMAL_CLOSURE = 1000;

/** How a value is written. A text stays one, also where it looks like a number. */
const WRITE = {
  undefined: () => '0;',
  string: (text) => `0;${text}`,
  number: (number) => (Number.isSafeInteger(number) ? `1;${number}` : `4;${JSON.stringify(number)}`),
  boolean: (truth) => `2;${truth}`,
  object: (value) => `4;${JSON.stringify(value)}`,
};

/** How it is read, by its kind: text, whole number, truth value, bytes that are text, JSON. */
const READ = [String, Number, (text) => text === 'true', String, JSON.parse];

export class IrisSocket {
  #path;
  #on;
  #socket;

  /** `on` has what hears events, by name, and what hears the rest: `raw`, `state`, and `frame` for all that comes and goes. */
  constructor(path, on) {
    this.#path = path;
    this.#on = on;
    this.open();
  }

  /** Connects, and does it again whenever the connection is lost. */
  open() {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${this.#path}`);
    this.#socket = socket;
    this.#on.state('connecting');
    socket.addEventListener('open', () => this.#on.state('open'));
    socket.addEventListener('message', ({ data }) => this.#hear(data));
    socket.addEventListener('close', ({ code }) => {
      if (code === NORMAL_CLOSURE) return this.#on.state('closed');
      this.#on.state('waiting');
      setTimeout(() => this.open(), RECONNECT_MS);
    });
  }

  emit(event, value) {
    this.emitMessage(`${PREFIX}${event};${WRITE[typeof value](value)}`);
  }

  emitMessage(text) {
    if (this.#socket.readyState !== WebSocket.OPEN) throw new Error('There is no connection.');
    this.#socket.send(text);
    this.#on.frame('sent', text);
  }

  #hear(text) {
    this.#on.frame('received', text);
    if (!text.startsWith(PREFIX)) return this.#on.raw(text);
    const [, event, kind, value] = EVENT.exec(text.slice(PREFIX.length)) ?? [];
    if (Object.hasOwn(this.#on.events, event)) this.#on.events[event](READ[kind](value));
  }
}
