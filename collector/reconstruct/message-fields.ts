// Steps over the fields of one protobuf message in a slab, without objects: what links, attributes and damaged ids are read with.

/**
 * Cursor over the fields of bytes[from, to). One is kept per reader and reused. Damaged bytes end the message (never throw):
 * the receiver has already checked the shape, so what ends early here was damaged in a field nobody validated.
 */
export class MessageFields {
  bytes: Uint8Array = new Uint8Array(0);
  /** Field number and wire type of the current field; payload of wire type 2 is bytes[start, end). */
  field = 0;
  wire = 0;
  start = 0;
  end = 0;
  /** Value of a varint up to 2^53, else rounded. */
  value = 0;
  #at = 0;
  #to = 0;

  /** Begins at bytes[from, to). */
  open(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes;
    this.#at = from;
    this.#to = to;
  }

  /** HOT: steps to the next field; false at the end of the message or at damaged bytes. */
  next(): boolean {
    if (this.#at >= this.#to) return false;
    const tag = this.#varint();
    if (tag < 8) return this.#stop();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    this.start = this.#at;
    switch (this.wire) {
      case 0:
        this.value = this.#varint();
        if (this.value < 0) return this.#stop();
        break;
      case 1:
        this.#at += 8;
        break;
      case 2: {
        const length = this.#varint();
        if (length < 0) return this.#stop();
        this.start = this.#at;
        this.#at += length;
        break;
      }
      case 5:
        this.#at += 4;
        break;
      default:
        return this.#stop();
    }
    if (this.#at > this.#to) return this.#stop();
    this.end = this.#at;
    return true;
  }

  #stop(): boolean {
    this.#at = this.#to;
    return false;
  }

  /** HOT: -1 when the varint is cut or longer than ten bytes. */
  #varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      if (this.#at >= this.#to) return -1;
      const byte = this.bytes[this.#at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    return -1;
  }
}
