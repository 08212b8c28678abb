// The digests of the last requests, so that a request that is sent again is known: at least 5 minutes of traffic, bounded by a number of
// requests.
// Two generations: while one fills, the other one is still asked; the older one is dropped as a whole when the younger one is 5 minutes old,
// or full.
import { DIGEST_WORDS } from './record.ts';

/** A generation is that old when the next one begins: every digest is known for so long at least. A Collector's exporters give up after as long. */
export const WINDOW_MS = 300_000;
/** … or has so many requests: with 3,300 requests a second the window is 5 minutes, with 16,000 one minute. */
export const MOST_REQUESTS = 1_000_000;
/** Words of an entry: the digest, and the second of its request. */
const ENTRY_WORDS = DIGEST_WORDS + 1;
/** Entries are appended to chunks of so many. */
const CHUNK_ENTRIES = 4096;
/** Each part of the index grows for itself, so that growing is never long. */
const PARTS = 16;
const PART_SHIFT = 28;
const FIRST_SLOTS = 32;
/** A slot is the number of an entry + 1 (21 bits: {@link MOST_REQUESTS} and 0 for none), and 11 bits of its digest. */
const TAG_SHIFT = 21;
const ENTRY_MASK = (1 << TAG_SHIFT) - 1;
/** Of an entry on disk: the digest, and its age in seconds. */
export const DIGEST_BYTES = ENTRY_WORDS * 4;

class Generation {
  readonly first: number;
  readonly sinceMs: number;
  /** When the next one is due. */
  untilMs: number;
  count = 0;
  readonly #chunks: Uint32Array[] = [];
  readonly #slots: Uint32Array[];
  readonly #counts = new Uint32Array(PARTS);

  /** @param expected so many requests get in before the index has to grow */
  constructor(first: number, nowMs: number, expected: number) {
    this.first = first;
    this.sinceMs = nowMs;
    this.untilMs = nowMs + WINDOW_MS;
    let slots = FIRST_SLOTS;
    while (slots * PARTS < expected * 2) slots *= 2;
    this.#slots = Array.from({ length: PARTS }, () => new Uint32Array(slots));
  }

  /** HOT: per request. Number of the entry in this generation; -1 = none. */
  find(digest: Uint32Array): number {
    const slots = this.#slots[digest[0]! >>> PART_SHIFT]!;
    const mask = slots.length - 1;
    const tag = digest[1]! >>> TAG_SHIFT;
    for (let at = digest[0]! & mask; ; at = (at + 1) & mask) {
      const slot = slots[at]!;
      if (slot === 0) return -1;
      if (slot >>> TAG_SHIFT !== tag) continue;
      const entry = (slot & ENTRY_MASK) - 1;
      const chunk = this.#chunks[Math.floor(entry / CHUNK_ENTRIES)]!;
      const from = (entry % CHUNK_ENTRIES) * ENTRY_WORDS;
      if (chunk[from] === digest[0] && chunk[from + 1] === digest[1] && chunk[from + 2] === digest[2]) return entry;
    }
  }

  /** HOT: per request. */
  add(digest: Uint32Array, second: number): void {
    const entry = this.count++;
    if (entry % CHUNK_ENTRIES === 0) this.#chunks.push(new Uint32Array(CHUNK_ENTRIES * ENTRY_WORDS));
    const chunk = this.#chunks.at(-1)!;
    const from = (entry % CHUNK_ENTRIES) * ENTRY_WORDS;
    chunk[from] = digest[0]!;
    chunk[from + 1] = digest[1]!;
    chunk[from + 2] = digest[2]!;
    chunk[from + DIGEST_WORDS] = second;
    const part = digest[0]! >>> PART_SHIFT;
    if (++this.#counts[part]! * 2 > this.#slots[part]!.length) this.#grow(part);
    put(this.#slots[part]!, digest[0]!, ((digest[1]! >>> TAG_SHIFT) << TAG_SHIFT) + entry + 1);
  }

  /**
   * Writes the digests of entries from the second `least` on, each with its age at the second `now`, {@link DIGEST_BYTES} each. Returns
   * where it ended.
   */
  write(from: number, to: number, least: number, now: number, out: Buffer, outAt: number): number {
    for (let entry = from; entry < to; entry++) {
      const chunk = this.#chunks[Math.floor(entry / CHUNK_ENTRIES)]!;
      const at = (entry % CHUNK_ENTRIES) * ENTRY_WORDS;
      const second = chunk[at + DIGEST_WORDS]!;
      if (second < least) continue;
      for (let i = 0; i < DIGEST_WORDS; i++) outAt = out.writeUInt32LE(chunk[at + i]!, outAt);
      outAt = out.writeUInt32LE(Math.max(0, now - second), outAt);
    }
    return outAt;
  }

  #grow(part: number): void {
    const old = this.#slots[part]!;
    const slots = new Uint32Array(old.length * 2);
    for (const slot of old) {
      if (slot === 0) continue;
      const entry = (slot & ENTRY_MASK) - 1;
      put(slots, this.#chunks[Math.floor(entry / CHUNK_ENTRIES)]![(entry % CHUNK_ENTRIES) * ENTRY_WORDS]!, slot);
    }
    this.#slots[part] = slots;
  }
}

export class RequestWindow {
  readonly #most: number;
  #current: Generation;
  #previous: Generation | undefined;

  constructor(nowMs: number, mostRequests = MOST_REQUESTS) {
    this.#most = mostRequests;
    this.#current = new Generation(0, nowMs, 0);
  }

  /** HOT: per request. Number of the request with that digest; -1 = none in the window. */
  find(digest: Uint32Array, nowMs: number): number {
    if (nowMs >= this.#current.untilMs) this.#turn(nowMs);
    const current = this.#current.find(digest);
    if (current >= 0) return this.#current.first + current;
    const previous = this.#previous?.find(digest) ?? -1;
    return previous < 0 ? -1 : this.#previous!.first + previous;
  }

  /** HOT: per request, one that {@link find} does not know. Returns its number; numbers ascend. */
  add(digest: Uint32Array, nowMs: number): number {
    return this.restore(digest, Math.floor(nowMs / 1000), nowMs);
  }

  /** A request of an earlier life. @param second when it was accepted */
  restore(digest: Uint32Array, second: number, nowMs: number): number {
    if (this.#current.count === this.#most) this.#turn(nowMs);
    const current = this.#current;
    current.add(digest, second);
    return current.first + current.count - 1;
  }

  /** What was restored stays for at least {@link WINDOW_MS} from now. */
  open(nowMs: number): void {
    this.#current.untilMs = nowMs + WINDOW_MS;
  }

  /** How far back requests are known, ms. */
  reachMs(nowMs: number): number {
    return Math.max(0, nowMs - (this.#previous ?? this.#current).sinceMs);
  }

  /** Requests in the window. */
  get size(): number {
    return this.#current.count + (this.#previous?.count ?? 0);
  }

  /** Requests with lower numbers have left the window. */
  get first(): number {
    return (this.#previous ?? this.#current).first;
  }

  /**
   * Digests of the requests from number `from` to before `to`, of which the window must still know: those that are at most {@link
   * WINDOW_MS} old.
   */
  digestsOf(from: number, to: number, nowMs: number): Buffer {
    const now = Math.floor(nowMs / 1000);
    const out = Buffer.allocUnsafe((to - from) * DIGEST_BYTES);
    let bytes = 0;
    for (const generation of [this.#previous, this.#current]) {
      if (generation === undefined) continue;
      const { first, count } = generation;
      bytes = generation.write(
        Math.max(0, from - first),
        Math.min(count, to - first),
        now - WINDOW_MS / 1000 - 1,
        now,
        out,
        bytes,
      );
    }
    return out.subarray(0, bytes);
  }

  #turn(nowMs: number): void {
    this.#previous = this.#current;
    this.#current = new Generation(this.#previous.first + this.#previous.count, nowMs, this.#previous.count);
  }
}

function put(slots: Uint32Array, word: number, slot: number): void {
  const mask = slots.length - 1;
  let at = word & mask;
  while (slots[at] !== 0) at = (at + 1) & mask;
  slots[at] = slot;
}
