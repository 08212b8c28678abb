// Looks whether requests are acknowledged although the reserve of the disk is being used up: then receivers do not hold back as they must.

/** Looks that receivers get to notice it, and to write what they had accepted. */
const LEAST_LOOKS = 3;
/** Receivers look at the disk every 5 s at the latest, and the sooner the less room there is: a disk fills up no faster than this. */
const MOST_LOOKS = 7;
const BYTES_PER_LOOK = 2e9;
/** Part of the reserve that must be used up. */
const SHARE = 0.5;

export class ReserveCheck {
  /** Items acknowledged while more than half of the reserve was used up. */
  items = 0;
  #acknowledged: number | undefined;
  /** What was free when it was enough. */
  #freeBefore = 0;
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
    if (freeBytes >= reserveBytes * SHARE) this.#freeBefore = freeBytes;
    if (more <= 0 || freeBytes >= reserveBytes * SHARE) {
      this.#looks = 0;
      this.#seen = 0;
      return false;
    }
    this.#looks++;
    this.#seen += more;
    const needed = Math.min(MOST_LOOKS, LEAST_LOOKS + Math.floor(this.#freeBefore / BYTES_PER_LOOK));
    if (this.#looks < needed) return false;
    this.items += this.#seen;
    this.#seen = 0;
    return this.#looks === needed;
  }

  forget(): void {
    this.items = 0;
  }
}
