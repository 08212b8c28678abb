// Reads what an earlier life left in the write-ahead log: which traces it decided, and the requests that have to be taken again.
import { decidedIn, decodeCommit, type Commit } from './commit.ts';
import type { DecidedTrace } from './decided-traces.ts';
import type { LogFiles } from './log-files.ts';
import { decodeRecord, HEADER_BYTES, type LogRecord } from './record.ts';
import { segmentStart, type Segment } from './write-ahead-log.ts';

/** What a crash has left. */
export interface RecoveredLog {
  readonly segments: readonly Segment[];
  /** The last one; undefined = none was ever made. */
  readonly commit: Omit<Commit, 'entries' | 'rules'> | undefined;
  /** By trace id, in the order in which they were decided. Bounded by what the log may hold. */
  readonly decided: ReadonlyMap<string, DecidedTrace>;
  /** Number of the next span. */
  readonly nextSpan: number;
  /** Places where records could not be read, the end that a crash cut short not counted. */
  readonly damage: readonly string[];
  /** The requests in their order; read anew from disk, segment by segment. */
  readonly requests: () => AsyncGenerator<LogRecord>;
}

export async function readLog(files: LogFiles): Promise<RecoveredLog> {
  const starts = (await files.list()).flatMap((name) => {
    const start = segmentStart(name);
    return start === undefined ? [] : [{ name, start }];
  });
  starts.sort((a, b) => a.start - b.start);
  const segments: Segment[] = [];
  const damage: string[] = [];
  const decided = new Map<string, DecidedTrace>();
  let commit: RecoveredLog['commit'];
  let nextSpan = 0;
  for (const [i, { name, start }] of starts.entries()) {
    const segment: Segment = { name, start, end: start, lastMs: 0 };
    const next = starts[i + 1];
    for (const record of recordsIn(await files.read(name), start, (why, offset) => {
      // The end of the last one of a life is what a crash cuts short: nobody was told that it was written. The next life goes on there.
      if (!why.startsWith('cut short') || (next !== undefined && next.start > start + offset)) damage.push(`${name} at byte ${offset}: ${why}`);
    })) {
      segment.end = record.position + HEADER_BYTES + record.body.length;
      segment.lastMs = record.atMs;
      if (record.signal === 'traces') nextSpan = Math.max(nextSpan, record.number);
      if (record.type !== 'commit') continue;
      const { entries, rules, ...rest } = decodeCommit(record.body);
      commit = rest;
      for (const trace of decidedIn({ ...rest, entries, rules })) {
        decided.delete(trace.traceId); // to the end: later decisions are younger
        decided.set(trace.traceId, trace);
      }
    }
    if (segment.end > start) segments.push(segment);
    else await files.remove(name);
  }
  return {
    segments, commit, decided, nextSpan, damage,
    requests: async function* () {
      for (const { name, start } of segments) {
        for (const record of recordsIn(await files.read(name), start, () => undefined)) if (record.type === 'request') yield record;
      }
    },
  };
}

function* recordsIn(segment: Buffer, start: number, onDamage: (why: string, offset: number) => void): Generator<LogRecord> {
  let offset = 0;
  while (offset < segment.length) {
    const record = decodeRecord(segment, offset, start);
    if (typeof record === 'string') {
      onDamage(record, offset);
      return;
    }
    yield record;
    offset += HEADER_BYTES + record.body.length;
  }
}
