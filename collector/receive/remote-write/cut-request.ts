// Cuts a request of remote write between two series into pieces that are each a request, so that none takes more than a turn of the event loop. The
// places depend on nothing but the bytes: a request that comes again is cut again in the same places, and its pieces are recognised.
import { REQUEST_V2, TIME_SERIES, TIME_SERIES_V2, WRITE_REQUEST } from '#proto/prometheus/fields.ts';
import { WireReader } from '#proto/wire/reader.ts';
import { WireError } from '#proto/wire/wire-error.ts';

/** A piece of Prometheus' usual size, 2,000 samples, is one; its work is some milliseconds. */
const PIECE_BYTES = 512 * 1024;
/** A series alone may be larger than a piece, but not so large that it holds up others. */
const MAX_SERIES_BYTES = 4 * 1024 * 1024;

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

/** Never throws. */
export function cutWriteRequest(body: Buffer, version: 1 | 2): CutOutcome {
  try {
    return cut(body, version);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { problem: 'malformed', message: `not a valid remote write request: ${error.short}` };
  }
}

function cut(body: Buffer, version: 1 | 2): CutOutcome {
  const seriesTag = version === 1 ? WRITE_REQUEST.timeseries : REQUEST_V2.timeseries;
  const counts = { samples: 0, histograms: 0, exemplars: 0 };
  /** What every piece needs: the symbols of 2.0. */
  const shared: [from: number, to: number][] = [];
  const series: [from: number, to: number][] = [];
  const reader = new WireReader(body);
  for (let from = 0; reader.next(); from = reader.pos) {
    if (reader.fieldTag === seriesTag) {
      if (reader.to - reader.from > MAX_SERIES_BYTES)
        return {
          problem: 'too_large',
          message: `a series of the request has ${reader.to - reader.from} bytes, more than ${MAX_SERIES_BYTES}: send smaller batches`,
        };
      countPoints(body, reader.from, reader.to, version, counts);
    }
    const isShared = version === 2 && reader.fieldTag === REQUEST_V2.symbols;
    (isShared ? shared : series).push([from, reader.pos]);
  }
  if (body.length <= PIECE_BYTES || series.length === 0) return { pieces: [body], counts };
  return { pieces: piecesOf(body, shared, series), counts };
}

/** HOT: per series. */
function countPoints(
  body: Buffer,
  from: number,
  to: number,
  version: 1 | 2,
  counts: { samples: number; histograms: number; exemplars: number },
): void {
  const tags = version === 1 ? TIME_SERIES : TIME_SERIES_V2;
  const reader = new WireReader(body, from, to);
  while (reader.next()) {
    if (reader.fieldTag === tags.samples) counts.samples++;
    else if (reader.fieldTag === tags.histograms) counts.histograms++;
    else if (reader.fieldTag === tags.exemplars) counts.exemplars++;
  }
}

function piecesOf(
  body: Buffer,
  shared: readonly (readonly [number, number])[],
  series: readonly (readonly [number, number])[],
): Buffer[] {
  const head = Buffer.concat(shared.map(([from, to]) => body.subarray(from, to)));
  const pieces: Buffer[] = [];
  let parts: Buffer[] = [head];
  let bytes = 0;
  for (const [from, to] of series) {
    if (bytes > 0 && bytes + (to - from) > PIECE_BYTES) {
      pieces.push(Buffer.concat(parts));
      parts = [head];
      bytes = 0;
    }
    parts.push(body.subarray(from, to));
    bytes += to - from;
  }
  pieces.push(Buffer.concat(parts));
  return pieces;
}
