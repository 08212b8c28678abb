// Rows and their digest for each second (`stored_at`) of the last day.
import { AUDIT_HORIZON_S } from './audited.ts';

export class SecondCounts {
  /** A ring: second s is at s modulo its length; 0 in `#second` = nothing. */
  readonly #second = new Uint32Array(AUDIT_HORIZON_S);
  readonly #rows = new Float64Array(AUDIT_HORIZON_S);
  readonly #digest = new Float64Array(AUDIT_HORIZON_S);

  /** @param rows below 0: they are there no more */
  add(second: number, rows: number, digest: number): void {
    const at = second % AUDIT_HORIZON_S;
    const held = this.#second[at]!;
    if (held > second || (held < second && rows < 0)) return; // a day ago
    if (held < second) {
      this.#second[at] = second;
      this.#rows[at] = 0;
      this.#digest[at] = 0;
    }
    this.#rows[at]! += rows;
    this.#digest[at]! += digest;
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
}
