import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';

/** What the results depend on besides the code. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** Whether server and load generator had a processor each. Otherwise they disturbed each other. */
  readonly isPinned: boolean;
}

/** Which processor each side runs on; `undefined` where that cannot be told. */
export interface Processors {
  readonly server: number | undefined;
  readonly load: number | undefined;
}

export function describeMachine({ server }: Processors): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    processors: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release().split('-', 1)[0]} ${arch()}`,
    node: process.version,
    isPinned: server !== undefined,
  };
}

/** The server has the last processor that this process may use, the load generator the first. */
export function chooseProcessors(): Processors {
  const allowed = allowedProcessors();
  const hasTaskset = spawnSync('taskset', ['--version']).status === 0;
  if (!hasTaskset || allowed.length < 2) return { server: undefined, load: undefined };
  return { server: allowed.at(-1), load: allowed[0] };
}

function allowedProcessors(): readonly number[] {
  const status = '/proc/self/status';
  if (!existsSync(status)) return [];
  return parseProcessorList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(status, 'utf8'))?.[1] ?? '');
}

/** Reads lists as Linux writes them: `0-3,6`. */
export function parseProcessorList(list: string): readonly number[] {
  return list.split(',').flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split('-').map((text) => Number.parseInt(text, 10));
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
