// A shard with a decision memory made of a Map, that notes what it decided in the terms of the model.
import { DecidedSpans } from '#collector/assemble/decided-spans.ts';
import { DUPLICATE_SPAN } from '#collector/assemble/span-ledger.ts';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { TraceShard } from '#collector/assemble/shard.ts';
import type { ShardOptions } from '#collector/assemble/shard-options.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import type { OwnedSpanMemory } from '#collector/model/span-memory.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { traceRequest } from '#tests/support/trace-requests.ts';
import type { SpanShape } from '#tests/support/trace-requests.ts';
import type { Decided } from './shard-model.ts';

export const OPTIONS: ShardOptions = {
  quietMs: 1000,
  afterRootMs: 5000,
  maxMs: 30_000,
  maxBytes: 2 ** 30,
  spansPerTrace: 1000,
  bytesPerTrace: 2 ** 24,
  traceCapacity: 1000,
  seed: 99,
};

export class ShardUnderTest {
  readonly memory: OwnedSpanMemory;
  readonly shard: TraceShard;
  readonly decided: Decided[] = [];
  /** The span messages of each decided trace, as they lay in memory. */
  readonly messages: Buffer[][] = [];
  readonly failures: unknown[] = [];
  readonly #index: RequestIndex;

  /** @param keeps which traces are kept; rule 3 keeps, rule 5 drops */
  constructor(
    options: Partial<ShardOptions>,
    keeps: (trace: number) => boolean,
    spanCapacity = 10_000,
    onView: (view: TraceView) => void = () => {},
  ) {
    this.memory = createSpanMemory(spanCapacity, 5);
    this.#index = new RequestIndex(this.memory);
    const past = new Map<number, boolean>();
    this.shard = new TraceShard(
      this.memory,
      { ...OPTIONS, ...options },
      {
        decisions: {
          lookup: (_id0, _id1, _id2, id3, found = { rule: 0, seenSeconds: 0 }) => {
            if (!past.has(id3)) return -1;
            found.rule = 5;
            return past.get(id3) ? id3 : 0;
          },
        },
        decidedSpans: new DecidedSpans(this.memory.spans, 5, { words: 2 ** 16, ms: Infinity }),
        onTrace: (view) => {
          past.set(view.id3, keeps(view.id3));
          this.#note(view);
          onView(view);
          const keep = keeps(view.id3);
          return { keep, rule: keep ? 3 : 5, thresholdHi: 0, thresholdLo: 0, weight: 1 };
        },
        onFailure: (error) => this.failures.push(error),
      },
    );
  }

  accept(spans: readonly SpanShape[], nowMs: number): void {
    const body = traceRequest(spans);
    const problem = this.#index.index(body);
    if (problem !== undefined) throw new Error(problem);
    this.shard.accept(this.#index, body, nowMs);
  }

  /** Spans that were received before. */
  get copies(): number {
    return this.shard.ledger.dropped[DUPLICATE_SPAN]!;
  }

  tick(nowMs: number, budget = Number.POSITIVE_INFINITY): void {
    while (this.shard.tick(nowMs, budget));
  }

  #note(view: TraceView): void {
    const { spans, slabs } = view.memory;
    const rows = [...view.rows.subarray(0, view.count)];
    this.decided.push({
      trace: view.id3,
      trigger: view.trigger,
      spans: rows.map((row) => spans.spanIdLo[row]!),
      rootPresent: view.rootPresent,
      missingParents: view.missingParents,
    });
    this.messages.push(
      rows.map((row) =>
        Buffer.from(slabs.bytes(spans.slab[row]!).subarray(spans.offset[row], spans.offset[row]! + spans.length[row]!)),
      ),
    );
  }
}
