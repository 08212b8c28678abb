// One process of the simulated machine: its clock, its timers, and what becomes of them when it is paused or killed.
import { steadyClock } from '#collector/self/steady-clock.ts';
import { currentProcess } from './sim-timers.ts';
import type { Random } from './random.ts';
import type { Owner, VirtualEvent, VirtualTime } from './virtual-time.ts';

/** Unix ms at virtual time 0. */
export const EPOCH_MS = 1_800_000_000_000;
/** What a look at the clock costs: work has to be seen to take time. */
const LOOK_MS = 0.001;
/** A timer fires this much late, at most, on a machine with other work. */
const MOST_LATE_MS = 2;

/** Each call returns how to call it off. */
export interface Timers {
  after(ms: number, run: () => void): () => void;
  every(ms: number, run: () => void): () => void;
  /** When other work had its turn. */
  soon(run: () => void): () => void;
}

/** What a machine's clock says. */
export interface WallClock {
  /** ms that it was set forward by. */
  offsetMs: number;
}

export class SimProcess implements Owner {
  readonly id: number;
  readonly name: string;
  isDead = false;
  isPaused = false;
  readonly waiting: VirtualEvent[] = [];
  readonly nowMs: () => number;
  readonly timers: Timers;
  readonly #time: VirtualTime;
  /** Called once when it dies, however. */
  readonly #onDeath: (() => void)[] = [];
  #lookedMs = 0;

  constructor(id: number, name: string, time: VirtualTime, wall: WallClock, random: Random) {
    this.id = id;
    this.name = name;
    this.#time = time;
    this.nowMs = steadyClock(
      () => Math.floor(EPOCH_MS + time.nowMs + wall.offsetMs),
      () => this.elapsedMs(),
    );
    this.timers = {
      after: (ms, run) => time.after(ms + random.next() * MOST_LATE_MS, run, this),
      every: (ms, run) => {
        let stop = (): void => {};
        let isStopped = false;
        const again = (): void => {
          stop = time.after(
            ms + random.next() * MOST_LATE_MS,
            () => {
              run();
              if (!isStopped) again();
            },
            this,
          );
        };
        again();
        return () => {
          isStopped = true;
          stop();
        };
      },
      soon: (run) => time.after(0.01, run, this),
    };
  }

  /** Of a clock that never goes back. */
  elapsedMs(): number {
    this.#lookedMs = Math.max(this.#time.nowMs, this.#lookedMs + LOOK_MS);
    return this.#lookedMs;
  }

  /** Calls `run` when it dies. Returns how to call it off. */
  onDeath(run: () => void): void {
    this.#onDeath.push(run);
  }

  /** What happens for it happens as its own code. */
  run(run: () => void): void {
    currentProcess.run(this, run);
  }

  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.waiting.length = 0;
    for (const run of this.#onDeath) run();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (this.isDead || !this.isPaused) return;
    this.isPaused = false;
    this.#time.resume(this);
  }
}
