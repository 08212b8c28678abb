// Buffers into which blocks are read back, used again and again: a spool of gigabytes is sent without as much garbage.

const MIN_BYTES = 256 * 1024;
/** Kept for the next block, in all. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

export class ReadBuffers {
  readonly #free: Buffer[] = [];
  #freeBytes = 0;

  /** A buffer of at least so many bytes, whatever is in it. */
  bufferOf(bytes: number): Buffer {
    const at = this.#free.findIndex((buffer) => buffer.length >= bytes);
    const [found] = at < 0 ? [] : this.#free.splice(at, 1);
    if (found === undefined) return Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(Math.max(MIN_BYTES, bytes))));
    this.#freeBytes -= found.length;
    return found;
  }

  /** It is not read any more. */
  give(buffer: Buffer): void {
    if (this.#freeBytes + buffer.length > MAX_KEPT_BYTES) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.length;
  }

  clear(): void {
    this.#free.length = 0;
    this.#freeBytes = 0;
  }
}
