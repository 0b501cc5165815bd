import { type Message, Namespace, type NSConn, PublicError } from 'nefeli';
import { readDate, weekdayOf } from './date.js';

/** What the server tells the page by itself. */
export interface WorkdayEvents {
  notify: string;
}

/** Knows whether a day is for work. What it counts is kept by the connection, so one controller does for all. */
@Namespace('/v1')
export class WorkdayController {
  /** What is returned is the answer; what is thrown is the error of who has asked. */
  onWorkday({ body }: Message, ns: NSConn<WorkdayEvents>): string {
    const text = String(body);
    const date = readDate(text);
    if (!date) throw this.#failure(text, ns);
    const day = weekdayOf(date);
    return day === 'Saturday' || day === 'Sunday' ? 'day off' : `it's ${day}, do your job.`;
  }

  /** Each connection counts its own tries. */
  #failure(text: string, ns: NSConn<WorkdayEvents>): PublicError {
    const tries = ns.conn.increment('tries');
    if (tries % 3 === 0) return new PublicError('Why not try this one? 06-24-2019');
    if (tries >= 6 && tries % 2 === 0) ns.emit('notify', 'What are you doing?');
    return new PublicError(`“${text.slice(0, 40)}” is no date. Write it as MM-DD-YYYY.`);
  }
}
