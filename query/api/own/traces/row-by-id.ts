// The first row with a span id: an open-addressing table over typed arrays, for traces of a million spans. Ids that were chosen to meet in one place
// make it a Map, which costs more and cannot be met that way.
const EMPTY = -1;
/** Free places for each row. */
const ROOM = 2;
/** Steps for each row, in inserting and finding, before ids count as chosen; honest ones need two. */
const MOST_STEPS = 32;

export class RowById {
  readonly #ids: Uint32Array;
  readonly #rows: Int32Array;
  readonly #mask: number;
  #stepsLeft: number;
  #map: Map<string, number> | undefined;

  /** @param ids two words of each: the low one, then the high one; 0, 0 is no id */
  constructor(ids: Uint32Array) {
    const count = ids.length / 2;
    let size = 16;
    while (size < count * ROOM) size *= 2;
    this.#ids = ids;
    this.#rows = new Int32Array(size).fill(EMPTY);
    this.#mask = size - 1;
    this.#stepsLeft = count * MOST_STEPS + 1000;
    for (let row = 0; row < count && this.#map === undefined; row++) {
      const place = this.#place(ids[2 * row]!, ids[2 * row + 1]!);
      if (place !== EMPTY && this.#rows[place] === EMPTY) this.#rows[place] = row;
    }
  }

  /** -1: none has it. */
  find(low: number, high: number): number {
    if (low === 0 && high === 0) return EMPTY;
    const place = this.#map === undefined ? this.#place(low, high) : EMPTY;
    if (this.#map !== undefined) return this.#map.get(`${low} ${high}`) ?? EMPTY;
    return this.#rows[place]!;
  }

  /** Where the id is, or would be; -1 when the table has just become a Map. */
  #place(low: number, high: number): number {
    let hash = Math.imul(low ^ (high >>> 16) ^ (high << 16), 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    let place = (hash ^ (hash >>> 13)) & this.#mask;
    for (let row = this.#rows[place]!; row !== EMPTY; row = this.#rows[place]!) {
      if (this.#ids[2 * row] === low && this.#ids[2 * row + 1] === high) return place;
      place = (place + 1) & this.#mask;
      if (--this.#stepsLeft > 0) continue;
      this.#map = mapOf(this.#ids);
      return EMPTY;
    }
    return place;
  }
}

function mapOf(ids: Uint32Array): Map<string, number> {
  const map = new Map<string, number>();
  for (let row = 0; row < ids.length / 2; row++) {
    const key = `${ids[2 * row]} ${ids[2 * row + 1]}`;
    if (!map.has(key)) map.set(key, row);
  }
  return map;
}
