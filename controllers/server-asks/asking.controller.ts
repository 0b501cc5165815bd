import { inject } from 'inversify';
import { Broadcaster, type Message, Namespace, type NSConn, On, PublicError } from 'nefeli';
import { z } from 'zod';
import { type Outcome, outcomeOf } from './outcome.js';
import { Patience } from './patience.js';

/** What the server asks and tells the pages. */
export interface AskingEvents {
  /** A question, which wants a text as its answer. */
  onAsk: string;
  /** The ids of all who are here, whenever that changes. */
  here: readonly string[];
  /** Somebody has left the lobby by their own will, and what they said when they were asked how they are. */
  lastWords: { readonly id: string; readonly outcome: Outcome };
}

const LOBBY = 'lobby';

const Question = z.object({ to: z.string().max(64), text: z.string().min(1).max(200) });

/** Asks the clients, on behalf of each other and by itself. */
@Namespace('default')
export class AskingController {
  constructor(
    @inject(Broadcaster) private readonly broadcaster: Broadcaster<{ default: AskingEvents }>,
    @inject(Patience) private readonly patience: Patience,
  ) {}

  onNamespaceConnected(): Promise<void> {
    return this.#tellWhoIsHere();
  }

  /** They are still among those who are here while they take their leave. */
  onNamespaceDisconnect(_: Message, ns: NSConn): Promise<void> {
    return this.#tellWhoIsHere(ns);
  }

  /** Asks another client, and tells how that has ended. */
  @On('question', { body: Question })
  onQuestion({ body: { to, text } }: Message<z.infer<typeof Question>>): Promise<Outcome> {
    return outcomeOf(this.#everybody.to(to).ask('onAsk', text, { timeoutMs: this.patience.answerMs }));
  }

  onRoomJoin({ room }: Message): void {
    if (room !== LOBBY) throw new PublicError(`There is one room: ${LOBBY}.`);
  }

  /** Who was put out, or whose connection has ended, is not asked. */
  async onRoomLeft({ isForced }: Message, ns: NSConn<AskingEvents>): Promise<void> {
    if (isForced) return;
    const outcome = await outcomeOf(ns.ask('onAsk', 'how are you?', { timeoutMs: this.patience.answerMs }));
    this.#everybody.room(LOBBY).broadcast('lastWords', { id: ns.conn.id, outcome });
  }

  get #everybody() {
    return this.broadcaster.in('default');
  }

  async #tellWhoIsHere(leaver?: NSConn): Promise<void> {
    const others = leaver ? this.#everybody.except(leaver) : this.#everybody;
    const members = await others.members();
    others.broadcast(
      'here',
      members.map(({ id }) => id),
    );
  }
}
