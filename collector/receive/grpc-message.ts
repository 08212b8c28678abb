// Puts a gRPC message together from HTTP/2 DATA frames: bounded before anything is buffered, one copy, no object per frame.

/** Flag byte and 32-bit length. */
export const GRPC_PREFIX_BYTES = 5;
/** The flag byte of a compressed message; of any other it is 0. */
export const GRPC_COMPRESSED = 1;
/** A peer may announce the largest message and send nothing of it: room grows with what arrives. */
const FIRST_BYTES = 256 * 1024;
const GROWTH = 4;

/** What cannot be put together. too_large: announced as larger than allowed. busy: no room now. bad_framing: not a gRPC message. */
export class MessageRefused extends Error {
  readonly kind: 'too_large' | 'busy' | 'bad_framing';

  constructor(kind: MessageRefused['kind'], message: string) {
    super(message);
    this.name = 'MessageRefused';
    this.kind = kind;
  }
}

/** Several messages in one call are legal framing although OTLP's calls are unary: the transport sees to that. */
export class GrpcMessageAssembler {
  readonly #maxBytes: number;
  readonly #reserveBytes: (bytes: number) => boolean;
  readonly #prefix = Buffer.alloc(GRPC_PREFIX_BYTES);
  #prefixLength = 0;
  /** Prefix and message as far as they arrived. */
  #buffer: Buffer | null = null;
  #length = 0;
  #wanted = 0;
  /** The prefix of a call's only message is not reserved: where a body of the largest size fits, such a message does. */
  #freeBytes = GRPC_PREFIX_BYTES;

  /** @param maxBytes of a message, prefix apart @param reserve asked for room before bytes are kept */
  constructor(maxBytes: number, reserve: (bytes: number) => boolean) {
    this.#maxBytes = maxBytes;
    this.#reserveBytes = reserve;
  }

  /**
   * HOT. @returns the messages that `frame` completes, each with its prefix; most frames complete none
   * @throws MessageRefused when nothing of this call is to be read any more
   */
  write(frame: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let at = 0;
    while (at < frame.length) {
      if (this.#wanted === 0) {
        if (this.#prefixLength === 0 && frame.length - at >= GRPC_PREFIX_BYTES) {
          const wanted = this.#announced(frame[at]!, frame.readUInt32BE(at + 1));
          if (frame.length - at >= wanted) {
            this.#reserve(wanted);
            messages.push(frame.subarray(at, at + wanted));
            at += wanted;
            continue;
          }
        }
        const count = Math.min(GRPC_PREFIX_BYTES - this.#prefixLength, frame.length - at);
        frame.copy(this.#prefix, this.#prefixLength, at, at + count);
        this.#prefixLength += count;
        at += count;
        if (this.#prefixLength < GRPC_PREFIX_BYTES) break;
        this.#begin();
      }
      const count = Math.min(this.#wanted - this.#length, frame.length - at);
      this.#reserve(count);
      const buffer = this.#room(this.#length + count);
      frame.copy(buffer, this.#length, at, at + count);
      this.#length += count;
      at += count;
      if (this.#length === this.#wanted) {
        messages.push(buffer.subarray(0, this.#wanted));
        this.drop();
      }
    }
    return messages;
  }

  /** Forgets what is not a whole message yet. */
  drop(): void {
    this.#buffer = null;
    this.#wanted = 0;
    this.#prefixLength = 0;
  }

  #announced(flag: number, bytes: number): number {
    if (flag > GRPC_COMPRESSED)
      throw new MessageRefused('bad_framing', `a message begins with the flag ${flag}, which gRPC does not know`);
    if (bytes > this.#maxBytes) {
      throw new MessageRefused(
        'too_large',
        `the request is ${bytes} bytes long, more than ${this.#maxBytes}: send smaller batches`,
      );
    }
    return bytes + GRPC_PREFIX_BYTES;
  }

  #begin(): void {
    this.#wanted = this.#announced(this.#prefix[0]!, this.#prefix.readUInt32BE(1));
    this.#reserve(GRPC_PREFIX_BYTES);
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(this.#wanted, FIRST_BYTES));
    this.#prefix.copy(this.#buffer);
    this.#length = GRPC_PREFIX_BYTES;
  }

  #reserve(bytes: number): void {
    const free = Math.min(bytes, this.#freeBytes);
    this.#freeBytes -= free;
    if (!this.#reserveBytes(bytes - free))
      throw new MessageRefused('busy', 'too many requests are being received: send it again later');
  }

  #room(bytes: number): Buffer {
    const old = this.#buffer!;
    if (old.length >= bytes) return old;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#wanted, Math.max(bytes, old.length * GROWTH)));
    old.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
    return grown;
  }
}
