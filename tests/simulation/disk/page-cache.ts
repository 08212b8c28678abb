// One file of the simulated disk: what programs see is the page cache; what loss of power leaves is what was synced, and any part of the rest.
import type { Random } from '../random.ts';

/** A disk writes whole sectors. */
const SECTOR_BYTES = 512;

type Change =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'cut'; readonly length: number };

/** How much of what was not synced outlives loss of power. */
export type Survival = 'nothing' | 'all' | 'prefix' | 'any';
export const SURVIVALS: readonly Survival[] = ['nothing', 'all', 'prefix', 'any'];

export class CachedFile {
  length = 0;
  #bytes = Buffer.alloc(0);
  readonly #isTracked: boolean;
  /** What a disk would have without power, and what was changed since. */
  #synced: Buffer = Buffer.alloc(0);
  #changes: Change[] = [];

  /** @param isTracked whether power will be cut: keeping apart what is synced costs time */
  constructor(isTracked: boolean) {
    this.#isTracked = isTracked;
  }

  /** A copy: what is read stays as it was. */
  read(from = 0, to = this.length): Buffer {
    return Buffer.from(this.#bytes.subarray(from, Math.max(from, Math.min(to, this.length))));
  }

  write(at: number, bytes: Buffer): void {
    this.#put(at, bytes);
    if (this.#isTracked && bytes.length > 0) this.#changes.push({ kind: 'write', at, bytes: Buffer.from(bytes) });
  }

  cut(length: number): void {
    this.#cut(length);
    if (this.#isTracked) this.#changes.push({ kind: 'cut', length });
  }

  sync(): void {
    if (!this.#isTracked) return;
    for (const change of this.#changes) this.#synced = changed(this.#synced, change);
    this.#changes = [];
  }

  /** A failed sync: the pages count as clean, and their bytes never reach the disk, though they can be read until power is lost. */
  syncFailed(): void {
    this.#changes = [];
  }

  flip(at: number, mask: number): void {
    for (const bytes of [this.#bytes, this.#synced]) if (at < bytes.length) bytes[at] = bytes[at]! ^ mask;
  }

  /** Power is lost and back. */
  powerCut(survival: Survival, random: Random): void {
    const changes = this.#changes;
    const upTo = survival === 'prefix' ? random.whole(0, changes.length) : changes.length;
    let left = this.#synced;
    for (const [i, change] of changes.entries()) {
      if (survival === 'nothing' || i >= upTo || (survival === 'any' && random.chance(0.5))) continue;
      const isTorn = change.kind === 'write' && survival !== 'all' && random.chance(0.3);
      left = changed(left, isTorn ? { ...change, bytes: torn(change.bytes, random) } : change);
    }
    this.#bytes = Buffer.from(left);
    this.length = left.length;
    this.#synced = Buffer.from(left);
    this.#changes = [];
  }

  #put(at: number, bytes: Buffer): void {
    const end = at + bytes.length;
    if (end > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(end, this.#bytes.length * 2, 1024));
      this.#bytes.copy(larger, 0, 0, this.length);
      this.#bytes = larger;
    } else if (at > this.length) {
      this.#bytes.fill(0, this.length, at);
    }
    bytes.copy(this.#bytes, at);
    this.length = Math.max(this.length, end);
  }

  #cut(length: number): void {
    if (length > this.length) this.#put(length, Buffer.alloc(0));
    this.length = length;
  }
}

function changed(bytes: Buffer, change: Change): Buffer {
  if (change.kind === 'cut')
    return change.length <= bytes.length
      ? bytes.subarray(0, change.length)
      : Buffer.concat([bytes, Buffer.alloc(change.length - bytes.length)]);
  if (change.bytes.length === 0) return bytes;
  const end = change.at + change.bytes.length;
  const larger = end > bytes.length ? Buffer.concat([bytes, Buffer.alloc(end - bytes.length)]) : Buffer.from(bytes);
  change.bytes.copy(larger, change.at);
  return larger;
}

/** Some of its sectors, or less than one: the rest was not written. */
function torn(bytes: Buffer, random: Random): Buffer {
  const kept = random.whole(0, bytes.length);
  return bytes.subarray(0, kept > SECTOR_BYTES ? kept - (kept % SECTOR_BYTES) : kept);
}
