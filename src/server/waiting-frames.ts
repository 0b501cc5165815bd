import type { OutgoingFrame } from '../ports/socket.js';

interface Waiting {
  readonly frame: OutgoingFrame;
  readonly bytes: number;
  /** Its place among all that wait. */
  readonly place: number;
}

/** A line that is left from both ends, at the same cost however long it is. */
class Line {
  #items: (Waiting | undefined)[] = [];
  #head = 0;

  get first(): Waiting | undefined {
    return this.#items[this.#head];
  }

  push(item: Waiting): void {
    this.#items.push(item);
  }

  shift(): Waiting | undefined {
    const { first } = this;
    if (!first) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    // Once half of the places are empty, the rest moves up: each item moves once on average.
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }

  pop(): Waiting | undefined {
    return this.first && this.#items.pop();
  }
}

/**
 * What waits for one reader, in order. What may be dropped stands in a line of its own, so that nobody has to look for it:
 * adding, taking and dropping cost the same however much waits.
 */
export class WaitingFrames {
  readonly #droppable = new Line();
  readonly #required = new Line();
  #places = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return !this.#droppable.first && !this.#required.first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(frame: OutgoingFrame, bytes: number): void {
    const line = frame.droppable ? this.#droppable : this.#required;
    line.push({ frame, bytes, place: this.#places });
    this.#places += 1;
    this.#bytes += bytes;
  }

  /** Takes the frame that is to be sent next. */
  take(): OutgoingFrame | undefined {
    const { first: droppable } = this.#droppable;
    const { first: required } = this.#required;
    const isRequiredNext = !droppable || (required && required.place < droppable.place);
    return this.#left((isRequiredNext ? this.#required : this.#droppable).shift());
  }

  /** @returns whether there was one that may be dropped */
  drop(which: 'oldest' | 'newest'): boolean {
    const dropped = which === 'oldest' ? this.#droppable.shift() : this.#droppable.pop();
    return this.#left(dropped) !== undefined;
  }

  #left(item: Waiting | undefined): OutgoingFrame | undefined {
    this.#bytes -= item?.bytes ?? 0;
    return item?.frame;
  }
}
