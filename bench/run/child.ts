import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How long a program may take to answer before it is given up. Opening 10,000 connections is the longest. */
const ANSWER_MS = 120_000;
/** How long it may take to end by itself. */
const END_MS = 10_000;

/** A program to run. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** The processor to run on, where that can be told. */
  readonly cpu?: number | undefined;
  /** Variables of its environment, besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** A program of the benchmark that answers lines of JSON. It ends with this process at the latest. */
export class Child {
  readonly #process: ChildProcess;
  readonly #answers: Fields[] = [];
  readonly #name: string;
  #waiting: ((answer: Fields) => void) | undefined;
  #exit: string | undefined;

  private constructor({ command, args, cpu, env }: Program) {
    this.#name = args.at(-1) ?? command;
    const all = cpu === undefined ? [command, ...args] : ['taskset', '-c', String(cpu), command, ...args];
    const [first = command, ...rest] = all;
    this.#process = spawn(first, rest, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    this.#process.on('error', (error) => this.#ended(error.message));
    this.#process.on('exit', (code, signal) => this.#ended(`exit ${code ?? signal}`));
    // A write to a program that has just ended: its exit is what is told.
    this.#process.stdin?.on('error', () => {});
    if (this.#process.stdout) createInterface(this.#process.stdout).on('line', (line) => this.#read(line));
  }

  /** Starts it, and gives what it tells first. */
  static async start(program: Program): Promise<{ child: Child; hello: Fields }> {
    const child = new Child(program);
    try {
      return { child, hello: await child.#answer() };
    } catch (error) {
      await child.end();
      throw error;
    }
  }

  /** Asks one thing at a time. Numbers that are missing in the answer are 0. */
  async ask(name: string, fields: Fields = {}): Promise<Record<string, number>> {
    this.#process.stdin?.write(`${JSON.stringify({ name, ...fields })}\n`);
    const answer = await this.#answer();
    return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, Number(value)]));
  }

  /** Closes its input, and kills it where that does not end it. */
  async end(): Promise<void> {
    if (this.#exit !== undefined) return;
    const exited = once(this.#process, 'exit');
    this.#process.stdin?.end();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), END_MS);
    await exited;
    clearTimeout(timer);
  }

  async #answer(): Promise<Fields> {
    const answer = await this.#nextLine();
    if (typeof answer['error'] === 'string') throw new Error(`${this.#name}: ${answer['error']}`);
    return answer;
  }

  #nextLine(): Promise<Fields> {
    const answer = this.#answers.shift();
    if (answer) return Promise.resolve(answer);
    if (this.#exit !== undefined) return Promise.resolve({ error: `it has ended: ${this.#exit}` });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.#name} has not answered in time`)), ANSWER_MS);
      this.#waiting = (given) => {
        clearTimeout(timer);
        this.#waiting = undefined;
        resolve(given);
      };
    });
  }

  /** Lines that are no answers are a program's own, and shown. */
  #read(line: string): void {
    if (!line.startsWith('{')) return console.error(`${this.#name}: ${line}`);
    // It is a program of this benchmark.
    const answer = JSON.parse(line) as Fields;
    if (this.#waiting) this.#waiting(answer);
    else this.#answers.push(answer);
  }

  #ended(exit: string): void {
    this.#exit = exit;
    this.#waiting?.({ error: `it has ended: ${exit}` });
  }
}
