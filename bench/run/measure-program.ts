import type { ProgramScenario } from '../scenarios.js';
import { type Conditions, withChild } from './pair.js';
import type { Measurement } from './results.js';

/** Runs a program that measures itself and tells the result, in one of its ways. */
export function measureProgram(
  { program }: ProgramScenario,
  way: string,
  { processors }: Conditions,
): Promise<Measurement> {
  const args = ['--expose-gc', `build/bench/${program}`, way];
  return withChild({ command: process.execPath, args, cpu: processors.server }, async (_child, hello) => {
    return { timeUs: Number(hello['timeUs']), heapBytes: Number(hello['heapBytes']) };
  });
}
