import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingFrame } from '../../src/ports/socket.js';
import { WaitingFrames } from '../../src/server/waiting-frames.js';

const frame = (data: string, droppable: boolean): OutgoingFrame => ({ data, binary: false, droppable });

/** The same, as an array that is searched each time. */
class Searched {
  readonly frames: OutgoingFrame[] = [];

  get bytes(): number {
    return this.frames.reduce((sum, { data }) => sum + data.length, 0);
  }

  add(added: OutgoingFrame): void {
    this.frames.push(added);
  }

  take(): OutgoingFrame | undefined {
    return this.frames.shift();
  }

  drop(which: 'oldest' | 'newest'): boolean {
    const isDroppable = ({ droppable }: OutgoingFrame): boolean => droppable;
    const index = which === 'oldest' ? this.frames.findIndex(isDroppable) : this.frames.findLastIndex(isDroppable);
    return index !== -1 && this.frames.splice(index, 1).length === 1;
  }
}

describe('WaitingFrames', () => {
  it('takes and drops whatever comes as an array would that is searched, and counts the same bytes', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const), droppable: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('drop' as const), which: fc.constantFrom('oldest', 'newest') }),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const [waiting, searched] = [new WaitingFrames(), new Searched()];
        for (const [index, todo] of steps.entries()) {
          if (todo.kind === 'add') {
            const added = frame('x'.repeat(index), todo.droppable);
            waiting.add(added, index);
            searched.add(added);
          } else if (todo.kind === 'take') {
            expect(waiting.take()).toBe(searched.take());
          } else {
            expect(waiting.drop(todo.which)).toBe(searched.drop(todo.which));
          }
          expect([waiting.bytes, waiting.isEmpty]).toEqual([searched.bytes, searched.frames.length === 0]);
        }
        for (const left of searched.frames) expect(waiting.take()).toBe(left);
        expect(waiting.take()).toBeUndefined();
      }),
    );
  });

  it('drops nothing where all that waits is required', () => {
    const waiting = new WaitingFrames();
    waiting.add(frame('reply', false), 5);

    expect([waiting.drop('oldest'), waiting.drop('newest'), waiting.bytes]).toEqual([false, false, 5]);
  });
});
