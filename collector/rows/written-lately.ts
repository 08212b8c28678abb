// Remembers which resources and scopes were written to the store lately, so that each is written once and again before retention removes it.

/** Written again after this long while in use: well before the rows that point at it could outlive it. */
export const RENEW_MS = 24 * 3_600_000;
/** Distinct ids remembered; with more everything is forgotten and written again, which the store merges away. */
const MAX_IDS = 65_536;

export class WrittenLately {
  /** 64-bit ids as hi → lo → when. */
  #writtenMs = new Map<number, Map<number, number>>();
  #size = 0;
  readonly #renewMs: number;

  constructor(renewMs: number = RENEW_MS) {
    this.#renewMs = renewMs;
  }

  /** Whether this id is to be written now; it then counts as written. */
  isDue(idHi: number, idLo: number, nowMs: number): boolean {
    let byLo = this.#writtenMs.get(idHi);
    const written = byLo?.get(idLo);
    if (written !== undefined && nowMs - written < this.#renewMs) return false;
    if (written === undefined && this.#size++ >= MAX_IDS) {
      this.#writtenMs = new Map();
      this.#size = 1;
      byLo = undefined;
    }
    if (byLo === undefined) {
      byLo = new Map();
      this.#writtenMs.set(idHi, byLo);
    }
    byLo.set(idLo, nowMs);
    return true;
  }
}
