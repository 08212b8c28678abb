// Cuts a request of remote write between two series into pieces that are each a request, so that none takes more than a turn of the event loop. The
// places depend on nothing but the bytes: a request that comes again is cut again in the same places, and its pieces are recognised.
import { REQUEST_V2, TIME_SERIES, TIME_SERIES_V2, WRITE_REQUEST } from '#proto/prometheus/fields.ts';
import { WireReader } from '#proto/wire/reader.ts';
import { WireError } from '#proto/wire/wire-error.ts';

/** So much of new series, whose labels are read and hashed, takes some 30 ms. */
const PIECE_BYTES = 256 * 1024;
const PIECE_SERIES = 2500;
/** A series alone may be larger than a piece, but not so large that it holds up others. */
const MAX_SERIES_BYTES = 4 * 1024 * 1024;
/** Every piece of 2.0 has all symbols. */
const MAX_SYMBOLS_BYTES = 4 * 1024 * 1024;
const MAX_SYMBOLS = 500_000;
/** Symbols stand together in what every sender writes. */
const MAX_SYMBOL_RANGES = 1000;
/** Fields between two turns of the event loop, less than 20 ms of work. */
const FIELDS_PER_TURN = 20_000;

export interface WriteCounts {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

interface CutRequest {
  readonly pieces: readonly Buffer[];
  readonly counts: WriteCounts;
}

export type CutOutcome = CutRequest | { readonly problem: 'malformed' | 'too_large'; readonly message: string };

/** @param turn resolves when other work had its turn. Never rejects */
export async function cutWriteRequest(body: Buffer, version: 1 | 2, turn: () => Promise<unknown>): Promise<CutOutcome> {
  try {
    const cutter = new Cutter(body, version);
    while (cutter.step()) await turn();
    return { pieces: cutter.pieces(), counts: cutter.counts };
  } catch (error) {
    if (error instanceof TooLarge) return { problem: 'too_large', message: `${error.message}: send smaller batches` };
    if (!(error instanceof WireError)) throw error;
    return { problem: 'malformed', message: `not a valid remote write request: ${error.short}` };
  }
}

class TooLarge extends Error {}

class Cutter {
  readonly counts = { samples: 0, histograms: 0, exemplars: 0 };
  readonly #body: Buffer;
  readonly #version: 1 | 2;
  readonly #reader: WireReader;
  readonly #inner: WireReader;
  /** Where the symbols of 2.0 stand, pairs of from and to. */
  readonly #symbols: number[] = [];
  #symbolCount = 0;
  #symbolBytes = 0;
  /** Of each piece but the last: pairs of from and to, what else than symbols stands there. */
  readonly #pieces: number[][] = [];
  #piece: number[] = [];
  #pieceBytes = 0;
  #pieceSeries = 0;

  constructor(body: Buffer, version: 1 | 2) {
    this.#body = body;
    this.#version = version;
    this.#reader = new WireReader(body);
    this.#inner = new WireReader(body);
  }

  /** HOT: per series. False at the end. @throws WireError @throws TooLarge */
  step(): boolean {
    const reader = this.#reader;
    const seriesTag = this.#version === 1 ? WRITE_REQUEST.timeseries : REQUEST_V2.timeseries;
    for (let left = FIELDS_PER_TURN; left > 0; left--) {
      const from = reader.pos;
      if (!reader.next()) return false;
      if (this.#version === 2 && reader.fieldTag === REQUEST_V2.symbols) this.#symbol(from, reader.pos);
      else {
        if (reader.fieldTag === seriesTag) left -= this.#count(reader.from, reader.to);
        this.#add(from, reader.pos);
      }
    }
    return true;
  }

  pieces(): Buffer[] {
    if (this.#pieces.length === 0) return [this.#body];
    const part = (ranges: readonly number[]): Buffer[] =>
      ranges.flatMap((from, at) => (at % 2 === 0 ? [this.#body.subarray(from, ranges[at + 1])] : []));
    const symbols = part(this.#symbols);
    return [...this.#pieces, this.#piece].map((ranges) => Buffer.concat([...symbols, ...part(ranges)]));
  }

  #symbol(from: number, to: number): void {
    this.#symbolBytes += to - from;
    if (this.#symbolBytes > MAX_SYMBOLS_BYTES || ++this.#symbolCount > MAX_SYMBOLS)
      throw new TooLarge(`the request has more than ${MAX_SYMBOLS} symbols, or ${MAX_SYMBOLS_BYTES} bytes of them`);
    extend(this.#symbols, from, to);
    if (this.#symbols.length > 2 * MAX_SYMBOL_RANGES)
      throw new TooLarge(`the request has symbols in more than ${MAX_SYMBOL_RANGES} places`);
  }

  #add(from: number, to: number): void {
    if (this.#pieceSeries > 0 && (this.#pieceBytes + to - from > PIECE_BYTES || this.#pieceSeries >= PIECE_SERIES)) {
      this.#pieces.push(this.#piece);
      this.#piece = [];
      this.#pieceBytes = 0;
      this.#pieceSeries = 0;
    }
    extend(this.#piece, from, to);
    this.#pieceBytes += to - from;
    this.#pieceSeries++;
  }

  /** Counts what a series has. Returns how many fields it is of. */
  #count(from: number, to: number): number {
    if (to - from > MAX_SERIES_BYTES)
      throw new TooLarge(`a series of the request has ${to - from} bytes, more than ${MAX_SERIES_BYTES}`);
    const tags = this.#version === 1 ? TIME_SERIES : TIME_SERIES_V2;
    const reader = this.#inner;
    reader.pos = from;
    reader.end = to;
    let fields = 0;
    for (; reader.next(); fields++) {
      if (reader.fieldTag === tags.samples) this.counts.samples++;
      else if (reader.fieldTag === tags.histograms) this.counts.histograms++;
      else if (reader.fieldTag === tags.exemplars) this.counts.exemplars++;
    }
    return fields;
  }
}

/** Adds a range to those before it; one that begins where the last ends makes that one longer. */
function extend(ranges: number[], from: number, to: number): void {
  if (ranges.at(-1) === from) ranges[ranges.length - 1] = to;
  else ranges.push(from, to);
}
