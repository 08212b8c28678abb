// Puts traces with late spans together again, a few at a time, and writes the row that says so. What a stop or a crash leaves is searched for at
// the next start.
import { traceIdHex, traceIdOf, traceIdWords } from '#proto/model/ids.ts';
import type { Metric } from '#collector/model/metric-table.ts';
import { rebuiltRow } from '#collector/rows/trace-head.ts';
import type { TraceRow } from '#collector/store/tables/traces-table.ts';
import type { RebuildAnswer, RebuildQuestion, Rebuilt, StoredTraceKey } from './messages.ts';
import { MAX_TRIES, RebuildQueue, type WaitingTrace } from './rebuild-queue.ts';
import { MAX_FOUND } from './stored-traces.ts';

/** Traces of one turn. */
const MAX_AT_ONCE = 64;
/** What was stored longer ago stays as it is, s. */
const SEARCH_BACK_S = 86_400;
/** Between two searches for traces that had no room in the queue. */
const SEARCH_EVERY_MS = 60_000;
const SAY_EVERY_MS = 30_000;
const TWO_32 = 2n ** 32n;

export interface RebuilderParts {
  /** Never rejects. */
  readonly ask: (question: RebuildQuestion) => Promise<RebuildAnswer>;
  readonly append: (row: TraceRow) => void;
  /** Rows of the table `traces`: appended so far, and of these not stored yet. */
  readonly appendedRows: () => number;
  readonly waitingRows: () => number;
  readonly nowMs: () => number;
  readonly onFailure: (message: string) => void;
}

const OUTCOMES = ['rebuilt', 'too_large', 'gone', 'given_up'] as const;
type Outcome = (typeof OUTCOMES)[number];

export class Rebuilder {
  readonly queue = new RebuildQueue();
  readonly outcomes: Record<Outcome, number> = { rebuilt: 0, too_large: 0, gone: 0, given_up: 0 };
  readonly #o: RebuilderParts;
  #isBusy = false;
  #restUntilMs = 0;
  /** The next search; the first is due at the start. */
  #searchMs = 0;
  #needsSearch = true;
  #saidMs = -Infinity;

  constructor(parts: RebuilderParts) {
    this.#o = parts;
  }

  /** A row of `traces` was appended. */
  appended({ id0, id1, id2, id3, startHi, startLo, lateCount }: TraceRow): void {
    if (lateCount === 0) return;
    const key = {
      traceId: traceIdHex(id0, id1, id2, id3),
      startNs: String(BigInt(startHi) * TWO_32 + BigInt(startLo)),
    };
    this.queue.note(key, this.#o.appendedRows(), this.#o.nowMs());
  }

  /** Does what is due, if nothing is under way. Resolves when that is done. */
  async turn(): Promise<void> {
    const nowMs = this.#o.nowMs();
    if (this.#isBusy || nowMs < this.#restUntilMs) return;
    this.#isBusy = true;
    try {
      if (this.#needsSearch && nowMs >= this.#searchMs) await this.#search(nowMs);
      else await this.#rebuild(this.queue.take(nowMs, this.#o.appendedRows() - this.#o.waitingRows(), MAX_AT_ONCE));
    } finally {
      // Half of one thread at most, and of ClickHouse less.
      const endMs = this.#o.nowMs();
      this.#restUntilMs = endMs + (endMs - nowMs);
      this.#isBusy = false;
    }
    if (this.queue.takeOverflow()) this.#needsSearch = true;
  }

  async #search(nowMs: number): Promise<void> {
    this.#searchMs = nowMs + SEARCH_EVERY_MS;
    const answer = await this.#o.ask({ kind: 'find', sinceS: Math.floor(nowMs / 1000) - SEARCH_BACK_S });
    if (answer.kind === 'failed') this.#failed(answer.message, nowMs);
    if (answer.kind !== 'found') return;
    for (const key of answer.keys) this.queue.note(key, 0, nowMs);
    this.#needsSearch = answer.keys.length === MAX_FOUND;
  }

  async #rebuild(due: readonly WaitingTrace[]): Promise<void> {
    if (due.length === 0) return;
    const startedMs = this.#o.nowMs();
    const tasks = due.map(({ traceId, startNs, tries }) => ({ traceId, startNs, isLastTry: tries >= MAX_TRIES }));
    const answer = await this.#o.ask({ kind: 'rebuild', tasks });
    const nowMs = this.#o.nowMs();
    if (answer.kind === 'failed') this.#failed(answer.message, nowMs);
    const results = answer.kind === 'rebuilt' ? answer.traces : [];
    for (const [i, trace] of due.entries()) this.#finish(trace, results[i], nowMs - startedMs, nowMs);
  }

  #failed(message: string, nowMs: number): void {
    if (nowMs - this.#saidMs < SAY_EVERY_MS) return;
    this.#saidMs = nowMs;
    this.#o.onFailure(message);
  }

  #finish(trace: WaitingTrace, result: Rebuilt | undefined, tookMs: number, nowMs: number): void {
    if (result === undefined || result.outcome === 'incomplete' || (result.outcome === 'gone' && trace.tries < 3)) {
      if (trace.tries >= MAX_TRIES) this.outcomes.given_up++;
      else this.queue.again(trace, nowMs);
      return;
    }
    this.outcomes[result.outcome]++;
    if (result.outcome !== 'rebuilt') return;
    this.queue.done(trace, tookMs, nowMs);
    this.#o.append(rebuiltRow(traceIdWords(traceIdOf(trace.traceId)), startOf(trace), result.head));
  }
}

function startOf({ startNs }: StoredTraceKey): { startHi: number; startLo: number } {
  const ns = BigInt(startNs);
  return { startHi: Number(ns / TWO_32), startLo: Number(ns % TWO_32) };
}

/** undefined where nothing is stored. */
export const REBUILD_METRICS: readonly Metric<Rebuilder | undefined>[] = [
  {
    name: 'winnow_traces_rebuilt_total',
    kind: 'counter',
    labels: ['outcome'],
    help: 'stored traces that were to be put together again after late spans: `rebuilt`, `too_large` (more than a million spans), `gone` (stored no more), `given_up` (spans and summary did not agree)',
    read: (rebuilder) =>
      rebuilder === undefined ? [] : OUTCOMES.map((outcome) => [{ outcome }, rebuilder.outcomes[outcome]]),
  },
  {
    name: 'winnow_traces_to_rebuild',
    kind: 'gauge',
    labels: [],
    help: 'stored traces that wait to be put together again',
    read: (rebuilder) => (rebuilder === undefined ? [] : [[{}, rebuilder.queue.size]]),
  },
  {
    name: 'winnow_traces_to_rebuild_overflow_total',
    kind: 'counter',
    labels: [],
    help: 'stored traces that had no room in the queue of those to put together again; they are searched for within minutes',
    read: (rebuilder) => (rebuilder === undefined ? [] : [[{}, rebuilder.queue.overflows]]),
  },
];
