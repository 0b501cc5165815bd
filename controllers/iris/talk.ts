import { PublicError } from 'nefeli';
import { All, type Connection, NotMe } from 'nefeli/connection-style';
import { readText, readWhisper } from './input.js';

/** Where everybody is at first. */
const ROOM = 'room1';

/** What all connections share. */
export interface Company {
  /** The ids of those who are here. */
  readonly here: Set<string>;
  readonly log: (line: string) => void;
}

/** What one connection hears, and to whom it speaks. */
export function talk(c: Connection, company: Company): void {
  comeAndGo(c, company);
  const from = (text: string): string => `From: ${c.id}: ${readText(text)}`;

  // Old pages send what looks like a number as a number. Whoever wants a text says so.
  c.on('chat', (text) => c.to({ room: ROOM }).emit('chat', from(text)), { as: 'text' });
  c.on('all', (text) => c.to(All).emit('all', from(text)), { as: 'text' });
  c.on('others', (text) => c.to(NotMe).emit('others', from(text)), { as: 'text' });

  const whisper = (value: unknown): void => {
    const { id, text } = readWhisper(value);
    if (!company.here.has(id)) throw new PublicError('Nobody with this id is here.');
    c.to({ id }).emit('whisper', from(text));
  };
  c.on('whisper', whisper, { as: 'json' });

  c.onMessage((body) => c.to(NotMe).emitMessage(readText(body)));
  c.on('bye', () => c.disconnect());

  // This language knows no errors: an event tells the one who has made them.
  c.onError((error) =>
    c.emit('problem', error instanceof PublicError ? error.message : 'The server could not take that.'),
  );
}

/** Says who is here, and who is in the room. */
function comeAndGo(c: Connection, { here, log }: Company): void {
  const tellRoom = (): void => c.emit('inRoom', c.isJoined(ROOM));
  const joinRoom = (): void => {
    c.join(ROOM); // at once: this language asks nobody
    tellRoom();
  };
  c.on('join', joinRoom);
  c.on('leave', () => c.leave(ROOM));
  c.onLeave(tellRoom);
  c.onDisconnect(({ code }) => {
    here.delete(c.id);
    c.to(NotMe).emit('left', c.id);
    log(`${c.id} has left with ${code}`);
  });

  c.emit('welcome', c.id);
  for (const id of here) c.emit('came', id);
  here.add(c.id);
  c.to(NotMe).emit('came', c.id);
  joinRoom();
}
