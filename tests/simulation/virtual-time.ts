// The simulation's only clock: a queue of what happens when. Between two events all that promises have to do is done; nothing waits for real.

export interface Owner {
  /** What is due for it never happens any more. */
  readonly isDead: boolean;
  /** What is due for it waits until it goes on. */
  readonly isPaused: boolean;
  /** What waits, in order. */
  readonly waiting: VirtualEvent[];
  /** Runs its code. */
  run(run: () => void): void;
}

export interface VirtualEvent {
  atMs: number;
  readonly order: number;
  readonly owner: Owner | undefined;
  /** undefined: called off. */
  run: (() => void) | undefined;
}

/** A run that makes more events than this turns in a circle. */
const MOST_EVENTS = 3_000_000;

export class VirtualTime {
  /** Virtual ms since the start of the run, with a fraction. */
  nowMs = 0;
  events = 0;
  #order = 0;
  readonly #heap: VirtualEvent[] = [];

  /** Calls `run` at that time. Returns how to call it off. @param owner undefined: the world's own */
  at(atMs: number, run: () => void, owner?: Owner): () => void {
    const event: VirtualEvent = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, owner, run };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  after(ms: number, run: () => void, owner?: Owner): () => void {
    return this.at(this.nowMs + ms, run, owner);
  }

  /** What waited for a paused owner is due now. */
  resume(owner: Owner): void {
    for (const event of owner.waiting.splice(0)) {
      event.atMs = this.nowMs;
      this.#push(event);
    }
  }

  /** Until nothing is left to do, `untilMs` has come, or `isOver` says so. */
  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    for (;;) {
      const event = this.#heap[0];
      if (event === undefined || event.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs);
        return;
      }
      this.#pop();
      const { owner, run } = event;
      if (run === undefined || owner?.isDead === true) continue;
      if (owner?.isPaused === true) {
        owner.waiting.push(event);
        continue;
      }
      if (++this.events > MOST_EVENTS)
        throw new Error(`more than ${MOST_EVENTS} events: the run does not come to an end`);
      this.nowMs = event.atMs;
      if (owner === undefined) run();
      else owner.run(run);
      await promisesDone();
      if (isOver()) return;
    }
  }

  #push(event: VirtualEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, event)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: VirtualEvent, b: VirtualEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Node runs the next tick when no promise has anything left to do, without a turn of the real event loop. MUST be awaited by what runs as a promise. */
function promisesDone(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
