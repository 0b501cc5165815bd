/** How many visitors are here at this moment: one counter for the process, injected into every controller. */
export class Visits {
  #count = 0;

  /** Counts one more, and gives how many there are then. */
  enter(): number {
    this.#count += 1;
    return this.#count;
  }

  /** Counts one less, and gives how many are left. */
  leave(): number {
    this.#count -= 1;
    return this.#count;
  }
}
