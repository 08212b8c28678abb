// Runs schedules in several processes. A run that does not come back is reported as one that hangs, and its process replaced.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Broken } from './broken.ts';
import type { Schedule } from './schedule.ts';
import type { Outcome } from './simulate.ts';
import type { Job, JobResult } from './worker.ts';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
/** A run takes a fraction of a second; where the cores have other work to do, many times that. */
const HANGS_MS = 300_000;
/** A process that has run so many makes room for a fresh one. */
const RUNS_PER_PROCESS = 400;

interface Worker {
  readonly child: ChildProcess;
  runs: number;
  job: { readonly id: number; readonly done: (outcome: Outcome) => void; readonly timer: NodeJS.Timeout } | undefined;
}

function failed(why: string): Outcome {
  return {
    violations: [why],
    hash: '',
    virtualMs: 0,
    events: 0,
    items: 0,
    lives: 0,
    retries: 0,
    lines: [],
    reached: {},
  };
}

export class Pool {
  readonly #size: number;
  readonly #free: Worker[] = [];
  readonly #waiting: ((worker: Worker) => void)[] = [];
  #started = 0;
  #ids = 0;

  /** @param size processes */
  constructor(size: number) {
    this.#size = size;
  }

  async run(
    schedule: Schedule,
    options: { readonly traces?: boolean; readonly broken?: Broken | undefined } = {},
  ): Promise<Outcome> {
    const worker = await this.#worker();
    const outcome = await new Promise<Outcome>((resolve) => {
      const id = ++this.#ids;
      const timer = setTimeout(() => {
        worker.child.kill('SIGKILL');
        resolve(failed(`hangs: no end after ${HANGS_MS / 1000} s`));
      }, HANGS_MS);
      worker.job = { id, done: resolve, timer };
      const job: Job = { id, schedule, traces: options.traces ?? false, broken: options.broken };
      worker.child.send(job);
    });
    clearTimeout(worker.job?.timer);
    worker.job = undefined;
    this.#release(worker);
    return outcome;
  }

  close(): void {
    for (const { child } of this.#free) child.kill();
  }

  #worker(): Promise<Worker> {
    const free = this.#free.pop();
    if (free !== undefined) return Promise.resolve(free);
    if (this.#started < this.#size) {
      this.#started++;
      return this.#start();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #start(): Promise<Worker> {
    const child = fork(WORKER, [], {
      execArgv: ['--max-old-space-size=1500'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const worker: Worker = { child, runs: 0, job: undefined };
    child.on('message', ({ id, outcome }: JobResult) => {
      if (worker.job?.id === id) worker.job.done(outcome);
    });
    child.on('exit', (code, signal) =>
      worker.job?.done(failed(`the process of the simulation ended (${signal ?? code})`)),
    );
    return new Promise((resolve, reject) => {
      child.once('message', () => resolve(worker)); // it has loaded everything
      child.once('exit', (code) =>
        reject(new Error(`a process of the simulation ended with ${code} before it was ready`)),
      );
    });
  }

  #release(worker: Worker): void {
    const hasEnded = worker.child.exitCode !== null || worker.child.signalCode !== null || worker.child.killed;
    if (!hasEnded && ++worker.runs < RUNS_PER_PROCESS) {
      this.#hand(worker);
      return;
    }
    worker.child.kill();
    void this.#start().then((fresh) => this.#hand(fresh));
  }

  #hand(worker: Worker): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(worker);
    else next(worker);
  }
}
