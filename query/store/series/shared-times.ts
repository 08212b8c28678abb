// Times of samples in their order, worked out once for all series that have the same ones: what is scraped together has.

/** Arrays of times that are looked among. Where more targets than this take turns, they share less. */
const MAX_KNOWN = 4096;

/** Places from one up to, but not with, another. */
type Stretch = readonly [from: number, to: number];
/** Of each time, milliseconds since a first one. */
type Offsets = Uint32Array | Float64Array;

export interface OrderedTimes {
  /** Unix milliseconds, strictly ascending. */
  readonly timesMs: Float64Array;
  /** The places of those times in what came, stretch by stretch; undefined where it came in this order. */
  readonly stretches: readonly Stretch[] | undefined;
}

export class SharedTimes {
  readonly #firstMs: number;
  /** By length and ends. */
  readonly #known = new Map<number, OrderedTimes & { readonly offsets: Offsets }>();

  constructor(firstMs: number) {
    this.#firstMs = firstMs;
  }

  /** HOT: the times of a series. @param offsets in any order */
  of(offsets: Offsets): OrderedTimes {
    const { length } = offsets;
    // Different arrays may have one key: what is found under it is compared.
    const key = length === 0 ? 0 : (offsets[length - 1]! * 31 + offsets[0]!) * 8191 + length;
    const known = this.#known.get(key);
    if (known !== undefined && isEqual(known.offsets, offsets)) return known;
    const stretches = inOrder(offsets);
    const times = { offsets: offsets.slice(), timesMs: this.#timesOf(offsets, stretches), stretches };
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(key, times);
    return times;
  }

  #timesOf(offsets: Offsets, stretches: readonly Stretch[] = [[0, offsets.length]]): Float64Array {
    const timesMs = new Float64Array(lengthOf(stretches));
    let at = 0;
    for (const [from, to] of stretches)
      for (let place = from; place < to; place++) timesMs[at++] = this.#firstMs + offsets[place]!;
    return timesMs;
  }
}

/** Copies what belongs to the times. @param into as long as they are */
export function copyStretches(
  source: Float64Array,
  stretches: readonly Stretch[] | undefined,
  into: Float64Array,
): void {
  if (stretches === undefined) {
    into.set(source);
    return;
  }
  let at = 0;
  for (const [from, to] of stretches) {
    into.set(source.subarray(from, to), at); // keeps the bits of NaNs
    at += to - from;
  }
}

/** HOT */
function isEqual(a: Offsets, b: Offsets): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** How to go through the times in their order; of equal ones only the last is visited. Undefined: as they are. */
function inOrder(offsets: Offsets): readonly Stretch[] | undefined {
  const ascending = ascendingStretches(offsets);
  if (ascending.length <= 1) return undefined;
  // Parts of the table hold what was stored one after the other: in the order of their beginnings they nearly always follow each other.
  ascending.sort((a, b) => offsets[a[0]]! - offsets[b[0]]!);
  const follow = ascending.every(([from], at) => at === 0 || offsets[ascending[at - 1]![1] - 1]! < offsets[from]!);
  return follow ? ascending : sortedOneByOne(offsets);
}

/** The longest stretches in which time goes forward. */
function ascendingStretches(offsets: Offsets): Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  for (let at = 1; at <= offsets.length; at++) {
    if (at < offsets.length && offsets[at - 1]! < offsets[at]!) continue;
    stretches.push([from, at]);
    from = at;
  }
  return stretches;
}

function sortedOneByOne(offsets: Offsets): Stretch[] {
  const order = Uint32Array.from(offsets, (_, place) => place).sort((a, b) => offsets[a]! - offsets[b]! || a - b);
  const kept = order.filter((place, at) => offsets[place] !== offsets[order[at + 1] ?? -1]);
  return Array.from(kept, (place): Stretch => [place, place + 1]);
}

function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, [from, to]) => sum + to - from, 0);
}
