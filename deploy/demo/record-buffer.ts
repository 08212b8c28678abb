// Records of one service that wait for their request, and the request made of them.

import { ByteBuilder } from './byte-builder.ts';
import { resourceAttributes, shopServices, type ShopService } from './shop-services.ts';

const FIRST_BYTES = 1 << 14;

/** Spans or log records of one service, one after the other, each with tag and length. */
export class RecordBuffer {
  bytes = new Uint8Array(FIRST_BYTES);
  length = 0;
  count = 0;
  readonly #resource: Uint8Array;
  readonly #scope: Uint8Array;

  /** @param hostless the resource names no host */
  constructor(service: ShopService, hostless = false) {
    const attributes = resourceAttributes(service, hostless);
    this.#resource = Uint8Array.from(new ByteBuilder().message(1, new ByteBuilder().attributes(1, attributes)).bytes);
    this.#scope = Uint8Array.from(
      new ByteBuilder().message(1, new ByteBuilder().text(1, service.scope).text(2, service.version)).bytes,
    );
  }

  /** Copies a record to the end and returns where it begins. */
  // HOT
  append(record: Uint8Array): number {
    const at = this.length;
    const end = at + record.length;
    if (end > this.bytes.length) this.#grow(end);
    this.bytes.set(record, at);
    this.length = end;
    this.count++;
    return at;
  }

  /** Bytes that `writeTo` will need. */
  get requestBytes(): number {
    if (this.count === 0) return 0;
    const inner = this.#innerBytes();
    return 1 + varintBytes(inner) + inner;
  }

  /** Writes everything as one ResourceSpans (or ResourceLogs) of a request, empties the buffer, returns the end. */
  writeTo(target: Uint8Array, from: number): number {
    if (this.count === 0) return from;
    const scopeBytes = this.#scope.length + this.length;
    target[from] = (1 << 3) | 2;
    let at = writeVarint(target, from + 1, this.#innerBytes());
    target.set(this.#resource, at);
    at += this.#resource.length;
    target[at] = (2 << 3) | 2;
    at = writeVarint(target, at + 1, scopeBytes);
    target.set(this.#scope, at);
    target.set(this.bytes.subarray(0, this.length), at + this.#scope.length);
    this.length = 0;
    this.count = 0;
    return at + scopeBytes;
  }

  #innerBytes(): number {
    const scopeBytes = this.#scope.length + this.length;
    return this.#resource.length + 1 + varintBytes(scopeBytes) + scopeBytes;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

/** One buffer per service. @param hostless name of a service whose resource names no host */
export function recordBuffers(hostless?: string): RecordBuffer[] {
  return shopServices.map((service) => new RecordBuffer(service, service.name === hostless));
}

/** One export request of the given buffers, which are empty afterwards. */
export function requestOf(buffers: readonly RecordBuffer[]): Uint8Array {
  let length = 0;
  for (const buffer of buffers) length += buffer.requestBytes;
  const request = new Uint8Array(length);
  let at = 0;
  for (const buffer of buffers) at = buffer.writeTo(request, at);
  return request;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

function writeVarint(target: Uint8Array, from: number, value: number): number {
  let at = from;
  let rest = value;
  while (rest >= 0x80) {
    target[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at;
}
