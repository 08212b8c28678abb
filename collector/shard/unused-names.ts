// Span names that neither a buffered span nor a RED row has any more make room for others.
import type { RedTable } from '#collector/derive/red/red-table.ts';
import type { OwnedSpanMemory } from '#collector/model/span-memory.ts';

/** They are looked for at most this often, ms: it takes some milliseconds. */
const LOOK_EVERY_MS = 10_000;

export class UnusedNames {
  readonly #memory: OwnedSpanMemory;
  readonly #red: RedTable;
  #lookedMs = -Infinity;

  constructor(memory: OwnedSpanMemory, red: RedTable) {
    this.#memory = memory;
    this.#red = red;
  }

  /** HOT: per request, and only between two of them: spans of the request in hand have names, too. */
  forget(nowMs: number): void {
    const { names, spans } = this.#memory;
    if (!names.isCrowded || nowMs - this.#lookedMs < LOOK_EVERY_MS) return;
    this.#lookedMs = nowMs;
    const inUse = new Uint8Array(names.capacity);
    spans.markNames(inUse);
    this.#red.markNames(inUse);
    names.release(inUse);
  }
}
