// Which remembered spans a log has been given and which not yet, and the form in which it gets them, so that they survive a crash.
import { FIRST_PART, type PartVisitor, type SpanGeneration } from './span-generation.ts';

/** First word of a piece; one that begins with another was written in a form that is not known here. */
const FORM = 0x31_53_43_57;
/** About so many spans a piece: 1 MiB. */
const SPANS_PER_PIECE = 131_072;
const FORM_BYTES = 4;
/** Trace id 16, count 4. */
const PART_BYTES = 20;
/** Low half of the span id 4, print 4. */
const SPAN_BYTES = 8;
const FIRST_BYTES = 16_384;

/** Parts at positions [from, to) of a generation, as long as it is in that life. */
interface Range {
  readonly generation: SpanGeneration;
  readonly life: number;
  readonly from: number;
  readonly to: number;
}

export class SpanCarry {
  /** How far the younger generation has been carried. */
  #to = FIRST_PART;
  /** Parts below that which have got more spans since; at most as many as there are parts. */
  readonly #touched = new Set<number>();
  /** To be carried, oldest first. */
  #waiting: Range[] = [];
  /** What each piece held, oldest first. */
  readonly #pieces: Range[][] = [];

  /** HOT: per late span. Whether that part of the younger generation has been carried. */
  has(part: number): boolean {
    return part < this.#to;
  }

  /** A part that was carried gets another span. */
  touched(part: number): void {
    this.#touched.add(part);
  }

  /** The younger generation is about to become the older one. */
  rotated(young: SpanGeneration): void {
    this.#collect(young);
    this.#to = FIRST_PART;
  }

  /** The next piece; undefined = all is carried. @param lost the oldest so many pieces are to be carried once more */
  next(young: SpanGeneration, lost: number): Buffer | undefined {
    this.#lose(lost);
    this.#collect(young);
    const piece: Range[] = [];
    const writer = new PieceWriter();
    while (writer.spans < SPANS_PER_PIECE) {
      const range = this.#waiting.shift();
      if (range === undefined) break;
      const end = range.generation.visit(range.from, range.to, SPANS_PER_PIECE - writer.spans, writer);
      piece.push({ ...range, to: end });
      if (end < range.to) this.#waiting.unshift({ ...range, from: end });
    }
    if (writer.spans === 0) return undefined;
    this.#pieces.push(piece);
    return writer.finish();
  }

  #lose(pieces: number): void {
    if (pieces > 0) this.#waiting.unshift(...this.#pieces.splice(0, pieces).flat());
  }

  /** What the younger generation has got since it was carried waits; what is forgotten does not. */
  #collect(young: SpanGeneration): void {
    this.#waiting = this.#waiting.filter(({ generation, life }) => generation.life === life);
    const { life, used } = young;
    for (const part of this.#touched)
      this.#waiting.push({ generation: young, life, from: part, to: young.endOf(part) });
    this.#touched.clear();
    if (used > this.#to) this.#waiting.push({ generation: young, life, from: this.#to, to: used });
    this.#to = used;
  }
}

/** Visits what a piece holds. Returns how many spans that is; 0 for another form, and nothing behind a place where it is cut short. */
export function readPiece(piece: Buffer, visitor: PartVisitor): number {
  if (piece.length < FORM_BYTES || piece.readUInt32LE(0) !== FORM) return 0;
  let spans = 0;
  for (let at = FORM_BYTES; at + PART_BYTES <= piece.length;) {
    const count = piece.readUInt32LE(at + 16);
    if (at + PART_BYTES + count * SPAN_BYTES > piece.length) break;
    visitor.part(
      piece.readInt32LE(at),
      piece.readInt32LE(at + 4),
      piece.readInt32LE(at + 8),
      piece.readInt32LE(at + 12),
      count,
    );
    at += PART_BYTES;
    for (let i = 0; i < count; i++, at += SPAN_BYTES) visitor.span(piece.readInt32LE(at), piece.readInt32LE(at + 4));
    spans += count;
  }
  return spans;
}

class PieceWriter implements PartVisitor {
  spans = 0;
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = FORM_BYTES;

  constructor() {
    this.#bytes.writeUInt32LE(FORM, 0);
  }

  part(id0: number, id1: number, id2: number, id3: number, count: number): void {
    this.#reserve(PART_BYTES + count * SPAN_BYTES);
    for (const word of [id0, id1, id2, id3, count]) this.#length = this.#bytes.writeInt32LE(word, this.#length);
  }

  span(spanIdLo: number, print: number): void {
    this.#length = this.#bytes.writeInt32LE(spanIdLo, this.#length);
    this.#length = this.#bytes.writeInt32LE(print, this.#length);
    this.spans++;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
