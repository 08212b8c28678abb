// Cuts one Export*ServiceRequest into several of bounded weight and size, each valid by itself: resource, scope and the fields of a
// metric are repeated. Where it is cut depends on signal and bytes alone, so that a request that comes again is cut into the same pieces.
import { hash } from 'node:crypto';
import type { Signal } from '#proto/otlp/signal.ts';
import { WireWriter } from '#proto/wire/writer.ts';
import { FieldCursor, isLengthDelimited } from './field-cursor.ts';
import { LARGE_REQUESTS, MAX_HEADER_BYTES, MAX_REPEATED_BYTES } from './limits.ts';
import { GROUP_WEIGHT, METRIC_DATA, METRIC_WEIGHT, weighPoint } from './weigh.ts';

/** A message that holds others: the fields they lie in, the highest field number it has, its own weight. */
interface Container {
  readonly children: readonly number[];
  readonly known: number;
  readonly weight: number;
}

const REQUEST: Container = { children: [1], known: 1, weight: 0 };
const GROUP: Container = { children: [2], known: 3, weight: GROUP_WEIGHT };
const METRIC: Container = { children: METRIC_DATA, known: 12, weight: METRIC_WEIGHT };
const DATA: Container = { children: [1], known: 3, weight: 0 };
/** From the request down to what holds the items. */
const LEVELS: Readonly<Record<Signal, readonly Container[]>> = {
  traces: [REQUEST, GROUP, GROUP],
  logs: [REQUEST, GROUP, GROUP],
  metrics: [REQUEST, GROUP, GROUP, METRIC, DATA],
};

/**
 * A field that OTLP does not know, at the end of each piece: digest of the whole request and number of the piece. Without it, equal
 * pieces of one request, or of two different ones, would count as one that came twice.
 */
const IDENTITY_FIELD = 4317;
const DIGEST_BYTES = 16;

export type Cut =
  | { readonly kind: 'pieces'; readonly pieces: readonly Uint8Array[] }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'too_large'; readonly message: string };

class CutRefused extends Error {
  readonly kind: 'malformed' | 'too_large';

  constructor(kind: CutRefused['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface CutLimits {
  readonly pieceBytes: number;
  readonly pieceWeight: number;
}

/** @param limits of a piece; by default those of the signal */
export function cutRequest(signal: Signal, body: Uint8Array, limits: CutLimits = LARGE_REQUESTS[signal]): Cut {
  try {
    return { kind: 'pieces', pieces: new Cutter(signal, body, limits).pieces() };
  } catch (error) {
    if (error instanceof CutRefused) return { kind: error.kind, message: error.message };
    throw error;
  }
}

/** A container that the walk is in. */
interface Open {
  /** Field of the container above in which it lies. */
  readonly field: number;
  /** Its own fields, to be repeated: where each starts and ends, one after the other. */
  readonly header: readonly number[];
  readonly headerBytes: number;
  readonly weight: number;
  /** Where it was begun in the current piece; -1: it is not in it yet. */
  mark: number;
}

class Cutter {
  readonly #bytes: Uint8Array;
  readonly #cursor: FieldCursor;
  readonly #levels: readonly Container[];
  readonly #limits: CutLimits;
  readonly #mostBytes: number;
  readonly #digest: Uint8Array;
  readonly #path: Open[] = [];
  readonly #pieces: Uint8Array[] = [];
  readonly #piece: WireWriter;
  #weight = 0;
  /** Without what its first item lies in, which may be large: every piece has that. */
  #bytesInPiece = 0;
  #allBytes = 0;

  constructor(signal: Signal, body: Uint8Array, limits: CutLimits) {
    this.#bytes = body;
    this.#cursor = new FieldCursor(body);
    this.#levels = LEVELS[signal];
    this.#limits = limits;
    this.#mostBytes = 2 * body.length + MAX_REPEATED_BYTES;
    this.#digest = hash('sha256', body, 'buffer').subarray(0, DIGEST_BYTES);
    this.#piece = new WireWriter(Math.min(body.length, limits.pieceBytes));
  }

  pieces(): Uint8Array[] {
    this.#walk(0, 0, 0, this.#bytes.length);
    this.#finishPiece();
    return this.#pieces;
  }

  #walk(level: number, field: number, from: number, to: number): void {
    const container = this.#levels[level]!;
    if (level > 0) {
      const header = this.#headerOf(container, from, to);
      let headerBytes = 0;
      for (let i = 0; i < header.length; i += 2) headerBytes += header[i + 1]! - header[i]!;
      if (headerBytes > MAX_HEADER_BYTES) {
        const what = `a resource, scope or metric without its items has ${headerBytes} bytes, more than ${MAX_HEADER_BYTES}`;
        throw new CutRefused('too_large', `${what}, at byte ${from}: send smaller ones`);
      }
      this.#path.push({ field, header, headerBytes, weight: container.weight, mark: -1 });
    }
    const isLast = level === this.#levels.length - 1;
    let isEmpty = true;
    const cursor = this.#cursor;
    let at = from;
    while (cursor.read(at, to)) {
      const { number, from: inner } = cursor;
      const start = at;
      at = cursor.end;
      if (!container.children.includes(number) || !isLengthDelimited(cursor)) {
        // Of the request's own fields none is repeated; one of a wrong type stays, so that it is refused.
        if (level === 0 && number <= container.known) this.#item(start, at, 0);
        continue;
      }
      isEmpty = false;
      if (isLast) this.#item(start, at, this.#weightOf(inner, at, field));
      else this.#walk(level + 1, number, inner, at);
    }
    if (cursor.isMalformed) throw new CutRefused('malformed', `malformed protobuf at byte ${at}: no field can be read`);
    if (level === 0) return;
    // What holds nothing is kept, so that it is checked as it would be in one piece.
    if (isEmpty) this.#begin(0, 0);
    this.#end(this.#path.pop()!);
  }

  /** Fields of the container itself. Unknown ones are left out: no stage reads them, and they would be repeated. */
  #headerOf({ children, known }: Container, from: number, to: number): number[] {
    const header: number[] = [];
    const cursor = this.#cursor;
    for (let at = from; cursor.read(at, to);) {
      const isChild = children.includes(cursor.number) && isLengthDelimited(cursor);
      if (!isChild && cursor.number <= known) header.push(at, cursor.end);
      at = cursor.end;
    }
    return header;
  }

  #weightOf(from: number, to: number, field: number): number {
    return this.#levels.length === LEVELS.metrics.length ? weighPoint(this.#bytes, from, to, field) : 1;
  }

  /** Copies a whole field, tag and length included, into a piece. */
  #item(from: number, to: number, weight: number): void {
    this.#begin(weight, to - from);
    this.#piece.raw(this.#bytes, from, to);
  }

  /** Makes room for an item and begins in the piece what it lies in. */
  #begin(weight: number, bytes: number): void {
    let newWeight = weight;
    let newBytes = bytes;
    for (const open of this.#path) {
      if (open.mark >= 0) continue;
      newWeight += open.weight;
      newBytes += open.headerBytes;
    }
    const { pieceWeight, pieceBytes } = this.#limits;
    const isFull = this.#weight + newWeight > pieceWeight || this.#bytesInPiece + newBytes > pieceBytes;
    if (isFull && this.#weight > 0) this.#finishPiece();
    this.#bytesInPiece += this.#piece.length === 0 ? bytes : newBytes;
    for (const open of this.#path) {
      if (open.mark >= 0) continue;
      open.mark = this.#piece.open(open.field);
      for (let i = 0; i < open.header.length; i += 2) this.#piece.raw(this.#bytes, open.header[i], open.header[i + 1]);
      this.#weight += open.weight;
    }
    this.#weight += weight;
  }

  #end(open: Open): void {
    if (open.mark >= 0) this.#piece.close(open.mark);
  }

  #finishPiece(): void {
    for (const open of this.#path.toReversed()) {
      this.#end(open);
      open.mark = -1;
    }
    this.#weight = 0;
    this.#bytesInPiece = 0;
    if (this.#piece.length === 0) return;
    this.#allBytes += this.#piece.length;
    if (this.#allBytes > this.#mostBytes) {
      const what = `the resources and scopes of the request are so large that its pieces would have more than ${this.#mostBytes} bytes`;
      throw new CutRefused('too_large', `${what}: send smaller batches`);
    }
    this.#writeIdentity();
    this.#pieces.push(this.#piece.finish().slice());
    this.#piece.truncate(0);
  }

  #writeIdentity(): void {
    const mark = this.#piece.open(IDENTITY_FIELD);
    this.#piece.raw(this.#digest);
    this.#piece.varint32(this.#pieces.length);
    this.#piece.close(mark);
  }
}
