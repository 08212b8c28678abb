// Puts a gRPC message together from HTTP/2 DATA frames: bounded before anything is buffered, one copy, no object per frame.

/** Flag byte and 32-bit length. */
export const GRPC_PREFIX_BYTES = 5;
/** A peer may announce the largest message and send nothing of it: room grows with what arrives. */
const FIRST_BYTES = 256 * 1024;

/** Several messages in one call are legal framing although OTLP's calls are unary: the transport sees to that. */
export class GrpcMessageAssembler {
  readonly #maxBytes: number;
  readonly #onTooLarge: () => void;
  readonly #prefix = Buffer.alloc(GRPC_PREFIX_BYTES);
  #prefixLength = 0;
  /** Prefix and message as far as they arrived. */
  #buffer: Buffer | null = null;
  #length = 0;
  #wanted = 0;

  /** @param maxBytes of a message, prefix apart */
  constructor(maxBytes: number, onTooLarge: () => void) {
    this.#maxBytes = maxBytes;
    this.#onTooLarge = onTooLarge;
  }

  /**
   * HOT. @returns the messages that `frame` completes, each with its prefix; most frames complete none
   * @throws Error once a message is announced that is larger than allowed
   */
  write(frame: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let at = 0;
    while (at < frame.length) {
      if (this.#wanted === 0) {
        if (this.#prefixLength === 0 && frame.length - at >= GRPC_PREFIX_BYTES) {
          const wanted = this.#announced(frame.readUInt32BE(at + 1));
          if (frame.length - at >= wanted) {
            messages.push(frame.subarray(at, at + wanted));
            at += wanted;
            continue;
          }
        }
        const take = Math.min(GRPC_PREFIX_BYTES - this.#prefixLength, frame.length - at);
        frame.copy(this.#prefix, this.#prefixLength, at, at + take);
        this.#prefixLength += take;
        at += take;
        if (this.#prefixLength < GRPC_PREFIX_BYTES) break;
        this.#begin();
      }
      const take = Math.min(this.#wanted - this.#length, frame.length - at);
      const buffer = this.#room(this.#length + take);
      frame.copy(buffer, this.#length, at, at + take);
      this.#length += take;
      at += take;
      if (this.#length === this.#wanted) {
        messages.push(buffer.subarray(0, this.#wanted));
        this.#buffer = null;
        this.#wanted = 0;
        this.#prefixLength = 0;
      }
    }
    return messages;
  }

  #announced(bytes: number): number {
    if (bytes > this.#maxBytes) {
      this.#onTooLarge();
      throw new Error(`the request is ${bytes} bytes long, more than ${this.#maxBytes}: send smaller batches`);
    }
    return bytes + GRPC_PREFIX_BYTES;
  }

  #begin(): void {
    this.#wanted = this.#announced(this.#prefix.readUInt32BE(1));
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(this.#wanted, FIRST_BYTES));
    this.#prefix.copy(this.#buffer);
    this.#length = GRPC_PREFIX_BYTES;
  }

  #room(bytes: number): Buffer {
    const old = this.#buffer!;
    if (old.length >= bytes) return old;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#wanted, Math.max(bytes, old.length * 4)));
    old.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
    return grown;
  }
}
