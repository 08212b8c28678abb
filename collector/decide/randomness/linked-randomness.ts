// Randomness that traces got from the traces they are linked to, so that a chain of them (order, queue, invoice, queue, mail) has but one.

/** Numbers of a trace in {@link LinkedRandomness.flush}: id 4, randomness 2. */
const NUMBERS = 6;
/** Traces of a generation; two are remembered: about 16 MB when full. */
const MAX_TRACES = 65_536;

export interface Randomness {
  /** Halves of 28 bits. */
  readonly hi: number;
  readonly lo: number;
}

interface Generations {
  current: Map<string, Randomness>;
  previous: Map<string, Randomness>;
}

export class LinkedRandomness {
  #known: Generations = { current: new Map(), previous: new Map() };
  /** Numbers of traces that were remembered since the last flush: a shard flushes after each input. */
  #fresh: number[] = [];

  /** Goes on with what another one knows, together with it. */
  adopt(other: LinkedRandomness): void {
    this.#known = other.#known;
  }

  /** Ids as big-endian words, signed or not. */
  remember(id0: number, id1: number, id2: number, id3: number, randomness: Randomness): void {
    this.#add(id0, id1, id2, id3, randomness);
    this.#fresh.push(id0 >>> 0, id1 >>> 0, id2 >>> 0, id3 >>> 0, randomness.hi, randomness.lo);
  }

  /** What was remembered since the last call, for shards whose traces may link to these; undefined: nothing. */
  flush(): Float64Array | undefined {
    if (this.#fresh.length === 0) return undefined;
    const traces = Float64Array.from(this.#fresh);
    this.#fresh = [];
    return traces;
  }

  /** What other shards have flushed. */
  learn(traces: Float64Array): void {
    for (let at = 0; at + NUMBERS <= traces.length; at += NUMBERS) {
      const [id0, id1, id2, id3] = [traces[at]!, traces[at + 1]!, traces[at + 2]!, traces[at + 3]!];
      this.#add(id0, id1, id2, id3, { hi: traces[at + 4]!, lo: traces[at + 5]! });
    }
  }

  #add(id0: number, id1: number, id2: number, id3: number, randomness: Randomness): void {
    const known = this.#known;
    if (known.current.size >= MAX_TRACES) {
      known.previous = known.current;
      known.current = new Map();
    }
    known.current.set(keyOf(id0, id1, id2, id3), randomness);
  }

  find(id0: number, id1: number, id2: number, id3: number): Randomness | undefined {
    const { current, previous } = this.#known;
    if (current.size + previous.size === 0) return undefined;
    const key = keyOf(id0, id1, id2, id3);
    return current.get(key) ?? previous.get(key);
  }
}

/** Only traces with links, and their late spans, get here: a string is affordable. */
function keyOf(id0: number, id1: number, id2: number, id3: number): string {
  return `${id0 >>> 0} ${id1 >>> 0} ${id2 >>> 0} ${id3 >>> 0}`;
}
