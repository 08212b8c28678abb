// Comparisons on interned texts (span and service names): answered once per slot, until the table gives slots to other texts.
import type { InternTable } from '#collector/model/intern-table.ts';
import type { ConfigError } from '#proto/config/config-error.ts';
import { parseComparisons } from './comparison.ts';
import { compileTextTest, type TextTest } from './text-test.ts';

const UNKNOWN = 0;
const NO = 1;
const YES = 2;

export class SlotTest {
  /** For texts that found the intern table full. */
  readonly bytes: TextTest;
  #answers = new Uint8Array(1024);
  #table: InternTable | undefined;
  #epoch = 0;

  constructor(bytes: TextTest) {
    this.bytes = bytes;
  }

  /** HOT: per span. */
  slot(table: InternTable, slot: number): boolean {
    if (table !== this.#table || table.epoch !== this.#epoch) this.#forget(table);
    if (slot >= this.#answers.length) this.#grow(slot);
    const known = this.#answers[slot]!;
    if (known !== UNKNOWN) return known === YES;
    const text = table.bytesOf(slot);
    const holds = this.bytes(text, 0, text.length);
    this.#answers[slot] = holds ? YES : NO;
    return holds;
  }

  #forget(table: InternTable): void {
    this.#table = table;
    this.#epoch = table.epoch;
    this.#answers.fill(UNKNOWN);
  }

  #grow(slot: number): void {
    const grown = new Uint8Array(Math.max(slot + 1, this.#answers.length * 2));
    grown.set(this.#answers);
    this.#answers = grown;
  }
}

/** All comparisons of a written value on a text. */
export function compileSlotTest(written: unknown, path: string, errors: ConfigError[]): SlotTest | undefined {
  const comparisons = parseComparisons(written, path, errors);
  if (comparisons === undefined) return undefined;
  const compiled = comparisons.map((comparison) => compileTextTest(comparison, path, errors));
  const tests = compiled.filter((test) => test !== undefined);
  if (tests.length < compiled.length) return undefined;
  return new SlotTest((bytes, start, end) => {
    for (let i = 0; i < tests.length; i++) if (!tests[i]!(bytes, start, end)) return false;
    return true;
  });
}
