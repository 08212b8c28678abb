// Finds dropped traces in the ring by what their spans are: segment after segment, newest first, with pauses for other work.
import { STATUS_ERROR } from '#proto/otlp/enums.ts';
import { findSpanName, nameRange } from '#collector/decide/values/span-name.ts';
import type { SpanMemory } from '../model/trace.ts';
import { NO_ENTRY } from './chunk-index.ts';
import type { RescueRing } from './rescue-ring.ts';
import { forEachSpan } from './rescued-request.ts';
import { traceIdHex, type TraceId } from '#proto/model/ids.ts';
import {
  CHUNK_SECONDS,
  CHUNK_WORDS,
  SPAN_BYTES,
  SPAN_HEAD_WORDS,
  SPAN_SERVICE,
  SPAN_STATUS,
  MESSAGE_HEAD_WORDS,
  type SegmentMemory,
} from './segment-writer.ts';

export interface RescueFilter {
  readonly service?: string | undefined;
  readonly name?: string | undefined;
  readonly error?: boolean | undefined;
  /** Among these only, 32 hex digits each. */
  readonly ids?: ReadonlySet<string> | undefined;
  /** Collector clock, ms: dropped since then. */
  readonly sinceMs: number;
}

export interface FoundTraces {
  /** 32 hex digits each, latest segment first. */
  readonly ids: readonly TraceId[];
  readonly more: boolean;
}

/** @param pause lets other work have its turn, after every segment */
export async function searchRing(
  ring: RescueRing,
  memory: SpanMemory,
  filter: RescueFilter,
  limit: number,
  pause: () => Promise<void>,
): Promise<FoundTraces> {
  const ids = new Set<TraceId>();
  const isService = matcher((id) => memory.services.text(id), filter.service);
  const name = filter.name === undefined ? undefined : Buffer.from(filter.name);
  for (const segment of ring.segments.toReversed()) {
    if (segment.closedMs < filter.sinceMs) break;
    const bytes = ring.memoryOf(segment.number);
    if (bytes === undefined) continue;
    const { words } = bytes;
    const matches = (at: number): boolean =>
      isService(words[at + SPAN_SERVICE]!) &&
      hasName(bytes, at, name) &&
      (filter.error === undefined || (words[at + SPAN_STATUS] === STATUS_ERROR) === filter.error);
    forEachChunk(bytes, ring.wordsOf(segment), (word) => {
      if ((words[word + CHUNK_SECONDS]! >>> 0) + 1 < filter.sinceMs / 1000 || ids.size > limit) return;
      const [id0, id1, id2, id3] = [words[word]!, words[word + 1]!, words[word + 2]!, words[word + 3]!];
      if (filter.ids?.has(traceIdHex(id0, id1, id2, id3)) === false || ring.find(id0, id1, id2, id3) === NO_ENTRY)
        return;
      let found = false;
      forEachSpan({ memory: bytes, word }, (at) => {
        found ||= matches(at);
      });
      if (found) ids.add(traceIdHex(id0, id1, id2, id3));
    });
    if (ids.size > limit) break;
    await pause();
  }
  return { ids: [...ids].slice(0, limit), more: ids.size > limit };
}

function forEachChunk({ words }: SegmentMemory, used: number, each: (word: number) => void): void {
  let at = 0;
  while (at < used) {
    each(at);
    // What a chunk that did not fit had written before is behind the last one.
    const length = words[at + CHUNK_WORDS]!;
    if (length < MESSAGE_HEAD_WORDS) return;
    at += length;
  }
}

/** Whether the span has that name; undefined = any. Read from its bytes: what its slot was called then may be forgotten. */
function hasName({ words, bytes }: SegmentMemory, at: number, name: Buffer | undefined): boolean {
  if (name === undefined) return true;
  const from = (at + SPAN_HEAD_WORDS) * 4;
  findSpanName(bytes, from, from + words[at + SPAN_BYTES]!);
  return name.compare(bytes, nameRange.start, nameRange.end) === 0;
}

/** Whether an interned text is the wanted one, remembered per id; undefined = any. */
function matcher(textOf: (id: number) => string, wanted: string | undefined): (id: number) => boolean {
  if (wanted === undefined) return () => true;
  const known = new Map<number, boolean>();
  return (id) => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const is = textOf(id) === wanted;
    known.set(id, is);
    return is;
  };
}
