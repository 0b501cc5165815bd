/** Time that only moves forwards: no deadline is missed or met early when somebody sets the wall clock. */
export interface Clock {
  /** Milliseconds since some moment in the past. */
  nowMs(): number;
}

/** Something to be done later that can be called off. */
export interface Timer {
  cancel(): void;
}

/** A clock that can be asked to do something later. */
export interface Scheduler extends Clock {
  /** Runs `task` once after `delayMs`. A timer does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer;
}
