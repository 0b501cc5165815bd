import { inject } from 'inversify';
import { Broadcaster, type Message, Namespace, type NSConn, PublicError } from 'nefeli';

/** What the server tells the pages. */
export interface VisitorEvents {
  /** How many look at the page at this moment. To all who do. */
  onNewVisit: number;
}

/** The pages that are counted: a room each. Without the list anybody could open rooms without end. */
const PAGES: readonly string[] = ['index', 'other'];

/** Counts visitors by page. Nothing of a connection is injected, so there is one controller for all. */
@Namespace('default')
export class VisitorsController {
  constructor(@inject(Broadcaster) private readonly broadcaster: Broadcaster<{ default: VisitorEvents }>) {}

  /** Throwing here keeps the visitor out of the room, and they read why. */
  onRoomJoin({ room }: Message, ns: NSConn): void {
    if (!PAGES.includes(room)) throw new PublicError(`There is no page “${room}”.`);
    if (ns.rooms.length > 0) throw new PublicError('One connection looks at one page.');
  }

  async onRoomJoined({ room }: Message): Promise<void> {
    await this.#tell(room);
  }

  /** Also when a tab is closed: its rooms are left then. */
  async onRoomLeft({ room }: Message): Promise<void> {
    await this.#tell(room);
  }

  /** On every server, where there are several: `count` asks them all. */
  async #tell(room: string): Promise<void> {
    const visitors = this.broadcaster.in('default').room(room);
    visitors.broadcast('onNewVisit', await visitors.count());
  }
}
