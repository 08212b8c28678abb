// Which spans of a request had been received before, or were of a trace that was turned away before, as the log notes it beside the request:
// when both are read after a crash, what it was that they were copies of may no longer be in the log, or comes later in it.

/**
 * What a span was when it arrived: new, a copy of one whose trace was still undecided, a copy of one that was decided, or of a trace that had
 * been turned away by a T_min that was no longer in force.
 */
export const IS_NEW = 0;
export const COPY_OF_UNDECIDED = 1;
export const COPY_OF_DECIDED = 2;
export const TURNED_AWAY = 3;
export type Copied = typeof IS_NEW | typeof COPY_OF_UNDECIDED | typeof COPY_OF_DECIDED | typeof TURNED_AWAY;

/** A run: its first row 4; how many rows, and what they are, 4. */
const RUN_BYTES = 8;
const KINDS = 4;
/** By their numbers on disk. */
const COPIED: readonly Copied[] = [IS_NEW, COPY_OF_UNDECIDED, COPY_OF_DECIDED, TURNED_AWAY];

/** Body of a record. @param rows of the request @param copied what each of them is */
export function encodeCopies(rows: number, copied: (row: number) => Copied): Buffer {
  const words: number[] = [];
  for (let from = 0; from < rows;) {
    const kind = copied(from);
    let to = from + 1;
    while (to < rows && copied(to) === kind) to++;
    if (kind !== IS_NEW) words.push(from, (to - from) * KINDS + kind);
    from = to;
  }
  const body = Buffer.allocUnsafe(words.length * 4);
  for (const [i, word] of words.entries()) body.writeUInt32LE(word, i * 4);
  return body;
}

/** Reads such a body. Rows have to be asked for in ascending order. */
export class CopiedRows {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  kindOf(row: number): Copied {
    const body = this.#body;
    for (; this.#at + RUN_BYTES <= body.length; this.#at += RUN_BYTES) {
      const from = body.readUInt32LE(this.#at);
      const run = body.readUInt32LE(this.#at + 4);
      if (row < from) return IS_NEW;
      if (row < from + Math.floor(run / KINDS)) return COPIED[run % KINDS]!;
    }
    return IS_NEW;
  }
}
