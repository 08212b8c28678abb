// Steps over the links of one span, in its bytes: target ids as words, damaged ids marked.
import { WireWalk } from '#proto/wire/walk.ts';
import type { SpanIds } from '#proto/model/ids.ts';
import { SPAN, SPAN_LINK } from '#proto/otlp/fields.ts';
import type { SpanMemory } from '../model/trace.ts';

export class LinkReader implements SpanIds {
  /** Target of the current link, big-endian words; only with {@link valid}. */
  id0 = 0;
  id1 = 0;
  id2 = 0;
  id3 = 0;
  spanHi = 0;
  spanLo = 0;
  /** The link has a trace id of 16 and a span id of 8 bytes, neither all zeros. */
  valid = false;
  /** Its tracestate: stateBytes[stateFrom, stateTo), empty without one. */
  stateBytes: Uint8Array = new Uint8Array(0);
  stateFrom = 0;
  stateTo = 0;
  readonly #fields = new WireWalk();
  readonly #link = new WireWalk();

  open(memory: SpanMemory, row: number): void {
    const from = memory.spans.offset[row]!;
    this.openBytes(memory.slabs.bytes(memory.spans.slab[row]!), from, from + memory.spans.length[row]!);
  }

  /** Begins at the span message bytes[from, to). */
  openBytes(bytes: Uint8Array, from: number, to: number): void {
    this.#fields.open(bytes, from, to);
  }

  /** Steps to the next link; false after the last. */
  next(): boolean {
    const fields = this.#fields;
    while (fields.next()) {
      if (fields.tag !== SPAN.links) continue;
      this.#read(fields.bytes, fields.from, fields.to);
      return true;
    }
    return false;
  }

  #read(bytes: Uint8Array, from: number, to: number): void {
    const link = this.#link;
    let ids = 0;
    this.stateBytes = bytes;
    this.stateFrom = 0;
    this.stateTo = 0;
    link.open(bytes, from, to);
    while (link.next()) {
      if (link.tag === SPAN_LINK.traceId && link.length === 16) {
        this.id0 = word(bytes, link.from);
        this.id1 = word(bytes, link.from + 4);
        this.id2 = word(bytes, link.from + 8);
        this.id3 = word(bytes, link.from + 12);
        if (this.id0 !== 0 || this.id1 !== 0 || this.id2 !== 0 || this.id3 !== 0) ids |= 1;
      } else if (link.tag === SPAN_LINK.spanId && link.length === 8) {
        this.spanHi = word(bytes, link.from);
        this.spanLo = word(bytes, link.from + 4);
        if (this.spanHi !== 0 || this.spanLo !== 0) ids |= 2;
      } else if (link.tag === SPAN_LINK.traceState) {
        this.stateFrom = link.from;
        this.stateTo = link.to;
      }
    }
    this.valid = ids === 3;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
