import type { NSConn } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import { type ParamDecorator, paramDecorator } from './param-decorator.js';

const ofMessage = (
  name: string,
  read: (msg: Message, ns: NSConn) => unknown,
  mending = 'A constructor has no message: move it to a parameter of a method that hears an event.',
): ParamDecorator => paramDecorator({ needs: 'message', read }, { decorator: `@${name}()`, mending });

const body = ofMessage('Body', (msg) => msg.body);
const message = ofMessage('Msg', (msg) => msg);
const room = ofMessage('RoomName', (msg) => msg.room);
const namespace = ofMessage('Ns', (_, ns) => ns, 'In a constructor write @inject(NSConn).');

/** Gives the parameter the body of the message: checked where the event has a schema, else text or bytes as they came. */
export const Body: () => ParamDecorator = () => body;

/** Text, or the bytes of a binary frame. */
export type Body = Message['body'];

/** Gives the parameter the message, as the first parameter gets it by itself. */
export const Msg: () => ParamDecorator = () => message;

/** Gives the parameter the NSConn, as the second parameter gets it by itself. */
export const Ns: () => ParamDecorator = () => namespace;

/** Gives the parameter the name of the room that the message is for, empty for none. */
export const RoomName: () => ParamDecorator = () => room;
