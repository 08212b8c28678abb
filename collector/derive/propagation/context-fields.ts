// Reads what a span says of its context beyond its row: the threshold of its tracestate, links to other traces, messages of a batch.
import { WireWalk } from '#proto/wire/walk.ts';
import { ANY_VALUE, KEY_VALUE, SPAN } from '#proto/otlp/fields.ts';
import type { SpanMemory, TraceView } from '../../model/trace.ts';
import { LinkReader } from '../../reconstruct/link-reader.ts';

const BATCH_COUNT = Buffer.from('messaging.batch.message_count');
const NO_THRESHOLD = -1;

export class ContextFields {
  readonly #fields = new WireWalk();
  readonly #inner = new WireWalk();
  readonly #value = new WireWalk();
  readonly #links = new LinkReader();

  /** Whether caller and callee tell different sampling thresholds (`ot=th:…`), or the callee tells none of its caller's. */
  thresholdsDiffer(memory: SpanMemory, callerRow: number, calleeRow: number): boolean {
    const caller = this.#threshold(memory, callerRow);
    return caller !== NO_THRESHOLD && caller !== this.#threshold(memory, calleeRow);
  }

  /** Whether some link leads to another trace. */
  linksElsewhere(view: TraceView, row: number): boolean {
    const links = this.#links;
    links.open(view.memory, row);
    while (links.next())
      if (
        links.valid &&
        (links.id3 !== view.id3 || links.id2 !== view.id2 || links.id1 !== view.id1 || links.id0 !== view.id0)
      )
        return true;
    return false;
  }

  /** messaging.batch.message_count, 0 when it does not tell. */
  batchCount(memory: SpanMemory, row: number): number {
    const fields = this.#fields;
    const inner = this.#inner;
    this.#open(memory, row);
    while (fields.next()) {
      if (fields.tag !== SPAN.attributes) continue;
      let isBatch = false;
      inner.open(fields.bytes, fields.from, fields.to);
      while (inner.next()) {
        if (inner.tag === KEY_VALUE.key) isBatch = equals(fields.bytes, inner.from, inner.to, BATCH_COUNT);
        if (inner.tag !== KEY_VALUE.value || !isBatch) continue;
        const value = this.#value;
        value.open(fields.bytes, inner.from, inner.to);
        while (value.next()) if (value.tag === ANY_VALUE.intValue) return value.unsignedNumber;
      }
    }
    return 0;
  }

  /** The threshold as a number, its digits read as a fraction of 14; -1 for none. */
  #threshold(memory: SpanMemory, row: number): number {
    const fields = this.#fields;
    this.#open(memory, row);
    while (fields.next()) if (fields.tag === SPAN.traceState) return thresholdIn(fields.bytes, fields.from, fields.to);
    return NO_THRESHOLD;
  }

  #open(memory: SpanMemory, row: number): void {
    const from = memory.spans.offset[row]!;
    this.#fields.open(memory.slabs.bytes(memory.spans.slab[row]!), from, from + memory.spans.length[row]!);
  }
}

/** `th` of the list member `ot`: text such as `a=b,ot=rv:…;th:c,d=e`. */
function thresholdIn(bytes: Uint8Array, from: number, to: number): number {
  let inOt = false;
  for (let i = from; i + 3 < to; i++) {
    const isFirst = i === from || bytes[i - 1] === 0x2c || bytes[i - 1] === 0x20;
    if (isFirst && bytes[i] === 0x6f && bytes[i + 1] === 0x74 && bytes[i + 2] === 0x3d) inOt = true;
    else if (bytes[i] === 0x2c) inOt = false;
    const isKey = bytes[i - 1] === 0x3d || bytes[i - 1] === 0x3b;
    if (inOt && isKey && bytes[i] === 0x74 && bytes[i + 1] === 0x68 && bytes[i + 2] === 0x3a)
      return fraction(bytes, i + 3, to);
  }
  return NO_THRESHOLD;
}

function fraction(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  let unit = 1 / 16;
  for (let i = from; i < to; i++, unit /= 16) {
    const byte = bytes[i]!;
    const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
    if (digit < 0) break;
    value += digit * unit;
  }
  return value;
}

function equals(bytes: Uint8Array, from: number, to: number, text: Buffer): boolean {
  if (to - from !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false;
  return true;
}
