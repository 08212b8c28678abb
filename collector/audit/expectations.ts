// What the store is to have of one table: rows and their digest for each second (`stored_at`) of the last day, from the blocks it acknowledged.
import { AUDIT_HORIZON_S } from './audited.ts';

export class Expectations {
  /** A ring: second s is at s modulo its length; 0 in `#second` = nothing. */
  readonly #second = new Uint32Array(AUDIT_HORIZON_S);
  readonly #rows = new Uint32Array(AUDIT_HORIZON_S);
  readonly #digest = new Float64Array(AUDIT_HORIZON_S);
  /** Seconds of which blocks may have been forgotten when the machine failed: more rows than known are no wonder there. */
  readonly #uncertain = new Set<number>();
  #changed = new Set<number>();

  /** A block was acknowledged. */
  add(second: number, rows: number, digest: number): void {
    const at = second % AUDIT_HORIZON_S;
    const held = this.#second[at]!;
    if (held > second) return; // a clock that went back by a day: its rows are not audited
    if (held < second) {
      this.#second[at] = second;
      this.#rows[at] = 0;
      this.#digest[at] = 0;
    }
    this.#rows[at]! += rows;
    this.#digest[at]! += digest;
    this.#changed.add(second);
  }

  rows(second: number): number {
    const at = second % AUDIT_HORIZON_S;
    return this.#second[at] === second ? this.#rows[at]! : 0;
  }

  digest(second: number): number {
    const at = second % AUDIT_HORIZON_S;
    return this.#second[at] === second ? this.#digest[at]! : 0;
  }

  /** Newest second with rows; 0 when there is none. */
  newest(): number {
    let newest = 0;
    for (const second of this.#second) if (second > newest) newest = second;
    return newest;
  }

  doubt(second: number): void {
    this.#uncertain.add(second);
  }

  isUncertain(second: number): boolean {
    return this.#uncertain.has(second);
  }

  /** Seconds that blocks were added to since the last call. */
  takeChanged(): Set<number> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }
}
