// The messages around and inside a span: only checked here, field by field (of a status, its code is read).

import { WireScanner } from './wire-scanner.ts';

export class TracePartsScanner extends WireScanner {
  /** HOT: spans with a status. Unknown codes count as unset. */
  protected status(from: number, end: number, before: number): number {
    const bytes = this.bytes;
    let status = before;
    let p = from;
    while (p < end) {
      let tag = bytes[p]!;
      if (tag < 0x80) p++;
      else {
        p = this.longTag(p, end);
        tag = this.value;
      }
      if (tag === 0x18) {
        p = this.uvarint(p, end);
        status = this.value <= 2 ? this.value : 0;
      } else if (tag === 0x12) p = this.payload(p, end) + this.value;
      else if (tag === 0x08) p = this.skipVarint(p, end); // the deprecated code of older SDKs
      else p = this.skip(tag, p, end, 3);
    }
    return status;
  }

  protected event(from: number, end: number): void {
    const bytes = this.bytes;
    let p = from;
    while (p < end) {
      let tag = bytes[p]!;
      if (tag < 0x80) p++;
      else {
        p = this.longTag(p, end);
        tag = this.value;
      }
      if (tag === 0x09) p = this.fixed(p, end, 8);
      else if (tag === 0x12) p = this.payload(p, end) + this.value;
      else if (tag === 0x1a) p = this.attribute(p, end);
      else if (tag === 0x20) p = this.skipVarint(p, end);
      else p = this.skip(tag, p, end, 4);
    }
  }

  protected link(from: number, end: number): void {
    const bytes = this.bytes;
    let p = from;
    while (p < end) {
      let tag = bytes[p]!;
      if (tag < 0x80) p++;
      else {
        p = this.longTag(p, end);
        tag = this.value;
      }
      if (tag === 0x0a || tag === 0x12 || tag === 0x1a) p = this.payload(p, end) + this.value;
      else if (tag === 0x22) p = this.attribute(p, end);
      else if (tag === 0x28) p = this.skipVarint(p, end);
      else if (tag === 0x35) p = this.fixed(p, end, 4);
      else p = this.skip(tag, p, end, 6);
    }
  }

  protected resource(from: number, end: number): void {
    let p = from;
    while (p < end) {
      p = this.longTag(p, end);
      const tag = this.value;
      if (tag === 0x0a) p = this.attribute(p, end);
      else if (tag === 0x10) p = this.skipVarint(p, end);
      else if (tag === 0x1a) {
        p = this.payload(p, end);
        const to = p + this.value;
        this.strings(p, to, 4);
        p = to;
      } else p = this.skip(tag, p, end, 3);
    }
  }

  protected scope(from: number, end: number): void {
    let p = from;
    while (p < end) {
      p = this.longTag(p, end);
      const tag = this.value;
      if (tag === 0x0a || tag === 0x12) p = this.payload(p, end) + this.value;
      else if (tag === 0x1a) p = this.attribute(p, end);
      else if (tag === 0x20) p = this.skipVarint(p, end);
      else p = this.skip(tag, p, end, 4);
    }
  }

  protected attribute(at: number, end: number): number {
    const from = this.payload(at, end);
    const to = from + this.value;
    this.keyValue(from, to);
    return to;
  }
}
