// Which traces are to be brought back, and why: bounded, each once, the weightiest reason first.

import { traceIdHex } from '#proto/model/ids.ts';

/** Why a trace comes back; reasons that lie in the trace itself come first. The decision is recorded under a rule `rescue:<why>`. */
export const RESCUE_WHYS = ['late-error', 'error-log', 'link', 'opened', 'requested'] as const;
export type RescueWhy = (typeof RESCUE_WHYS)[number];

/**
 * Whether the reason lies in the trace itself. Every dropped trace with a late error or an error log is brought back, so such traces are a
 * sample of their own and each has an adjusted count. The other reasons lie outside of the trace: the traces that were kept already represent
 * it, so it is stored with an adjusted count of 0.
 */
export function standsForItself(why: RescueWhy): boolean {
  return why === 'late-error' || why === 'error-log';
}

/** Traces asked for that were not brought back yet. */
const MAX_WANTED = 4096;

export interface Want {
  readonly id0: number;
  readonly id1: number;
  readonly id2: number;
  readonly id3: number;
  why: RescueWhy;
  /** Late spans with an error that asked for it. */
  errors: number;
}

export class RescueWants {
  readonly #wants = new Map<string, Want>();

  /** No further trace can be asked for. */
  get isFull(): boolean {
    return this.#wants.size >= MAX_WANTED;
  }

  [Symbol.iterator](): IterableIterator<Want> {
    return this.#wants.values();
  }

  /** Whether it was taken: there may be too many. */
  add(id0: number, id1: number, id2: number, id3: number, why: RescueWhy, errors: number): boolean {
    const key = traceIdHex(id0, id1, id2, id3);
    const known = this.#wants.get(key);
    if (known === undefined) {
      if (this.isFull) return false;
      this.#wants.set(key, { id0, id1, id2, id3, why, errors });
      return true;
    }
    known.errors += errors;
    if (RESCUE_WHYS.indexOf(why) < RESCUE_WHYS.indexOf(known.why)) known.why = why;
    return true;
  }

  remove(want: Want): void {
    this.#wants.delete(traceIdHex(want.id0, want.id1, want.id2, want.id3));
  }
}
