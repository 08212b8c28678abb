// When to look at which trace again: a ring of 10 ms slots. A deadline that moves later stays where it is and is moved when
// its slot comes up; one that moves earlier is moved at once. Every entry is in at most one slot.

/** Deadlines are kept to so much: a decision shall be no later than a twentieth of a second, and the timer that asks for it takes its part. */
export const TICK_MS = 10;
/** 41 seconds: longer waits pass through the ring more than once. A power of two. */
const RING_SLOTS = 4096;
const NONE = -1;

export class DeadlineWheel {
  readonly #heads = new Int32Array(RING_SLOTS).fill(NONE);
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** Tick + 1 of the slot the entry is in, 0 when in none. Ticks count from the first call. */
  readonly #tick: Float64Array;
  #originMs = Number.NaN;
  /** First tick that may still have entries. */
  #cursor = 0;

  constructor(capacity: number) {
    this.#next = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
    this.#tick = new Float64Array(capacity);
  }

  /** First tick at or after a time. */
  #tickAt(ms: number): number {
    return Math.ceil((ms - this.#originMs) / TICK_MS);
  }

  #start(nowMs: number): void {
    if (Number.isNaN(this.#originMs)) this.#originMs = Math.floor(nowMs / TICK_MS) * TICK_MS;
  }

  /** HOT: per trace. Puts an entry in that is in no slot. */
  add(entry: number, dueMs: number, nowMs: number): void {
    this.#start(nowMs);
    const tick = Math.min(Math.max(this.#tickAt(dueMs), this.#cursor), this.#cursor + RING_SLOTS - 1);
    const at = tick & (RING_SLOTS - 1);
    const head = this.#heads[at]!;
    this.#tick[entry] = tick + 1;
    this.#next[entry] = head;
    this.#previous[entry] = NONE;
    if (head !== NONE) this.#previous[head] = entry;
    this.#heads[at] = entry;
  }

  /** HOT: per span. Moves an entry when it is due earlier than its slot; later deadlines are found when the slot comes up. */
  advance(entry: number, dueMs: number, nowMs: number): void {
    const tick = this.#tick[entry]! - 1;
    if (tick <= this.#cursor || this.#tickAt(dueMs) >= tick) return;
    this.remove(entry);
    this.add(entry, dueMs, nowMs);
  }

  /** HOT: per trace. Takes an entry out. */
  remove(entry: number): void {
    const tick = this.#tick[entry]! - 1;
    if (tick < 0) return;
    const next = this.#next[entry]!;
    const previous = this.#previous[entry]!;
    if (next !== NONE) this.#previous[next] = previous;
    if (previous !== NONE) this.#next[previous] = next;
    else this.#heads[tick & (RING_SLOTS - 1)] = next;
    this.#tick[entry] = 0;
  }

  /** Takes out an entry whose slot has come up, {@link NONE} when there is none. The caller puts it back when it is due later. */
  pop(nowMs: number): number {
    this.#start(nowMs);
    const now = Math.floor((nowMs - this.#originMs) / TICK_MS);
    let empty = 0;
    for (;;) {
      if (this.#cursor > now) return NONE;
      const entry = this.#heads[this.#cursor & (RING_SLOTS - 1)]!;
      if (entry !== NONE) {
        this.remove(entry);
        return entry;
      }
      if (this.#cursor === now) return NONE;
      // Once around without an entry: there is none, and a clock that was set forward by years is caught up with at once.
      this.#cursor = ++empty >= RING_SLOTS ? now : this.#cursor + 1;
    }
  }

  /** How long the earliest slot that may still have entries has been due, ms; 0 = nothing is. */
  behindMs(nowMs: number): number {
    return Number.isNaN(this.#originMs)
      ? 0
      : Math.max(0, Math.floor((nowMs - this.#originMs) / TICK_MS) - this.#cursor) * TICK_MS;
  }

  /** Whether a deadline has passed by this tick: the same rounding as {@link pop}. */
  isDue(dueMs: number, nowMs: number): boolean {
    return Math.ceil(dueMs / TICK_MS) <= Math.floor(nowMs / TICK_MS);
  }
}
