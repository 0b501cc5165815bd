import { createInterface } from 'node:readline';

/** What a program of the benchmark is asked, by the name of the command. Fields are the command's own. */
export interface Command {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** No program of the benchmark lives longer, whatever happens to the one that started it. In milliseconds. */
const LIFETIME_MS = 180_000;

/**
 * Answers each line of JSON on the standard input with a line of JSON, one after the other. What goes wrong is answered
 * as `{ error }`.
 *
 * The process ends when its standard input does, so that none is left behind.
 */
export function answerLines(answer: (command: Command) => unknown): void {
  setTimeout(() => process.exit(1), LIFETIME_MS).unref();
  let last: Promise<void> = Promise.resolve();
  const lines = createInterface(process.stdin);
  lines.on('line', (line) => {
    last = last.then(() => answerLine(line, answer));
  });
  lines.on('close', () => process.exit(0));
}

/** Writes one line of JSON for the process that started this one. */
export function tell(fields: unknown): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`);
}

async function answerLine(line: string, answer: (command: Command) => unknown): Promise<void> {
  try {
    // Both ends of the pipe are this benchmark.
    tell((await answer(JSON.parse(line) as Command)) ?? {});
  } catch (error) {
    tell({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
