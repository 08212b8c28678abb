// Looks whether requests are acknowledged although the reserve of the disk is being used up: then receivers do not hold back as they must.

/** Receivers look at the disk at least every 5 s, and what was accepted before is still written. */
const LOOKS = 8;
/** Part of the reserve that must be used up. */
const SHARE = 0.5;

export class ReserveCheck {
  /** Items acknowledged while more than half of the reserve was used up. */
  items = 0;
  #acknowledged: number | undefined;
  #looks = 0;
  #seen = 0;

  /**
   * Call it once a second.
   * @param freeBytes of the disk of the data directory
   * @param reserveBytes which are to stay free
   * @param acknowledged items so far, of all signals
   * @returns whether this look is the first of a row of looks that shows it
   */
  look(freeBytes: number, reserveBytes: number, acknowledged: number): boolean {
    const more = acknowledged - (this.#acknowledged ?? acknowledged);
    this.#acknowledged = acknowledged;
    if (more <= 0 || freeBytes >= reserveBytes * SHARE) {
      this.#looks = 0;
      this.#seen = 0;
      return false;
    }
    this.#looks++;
    this.#seen += more;
    if (this.#looks < LOOKS) return false;
    this.items += this.#seen;
    this.#seen = 0;
    return this.#looks === LOOKS;
  }

  forget(): void {
    this.items = 0;
  }
}
