// What the shard ought to do, said slowly: plain maps, every trace looked at on every tick.
import { TICK_MS } from '#collector/assemble/deadline-wheel.ts';
import type { Trigger } from '#collector/model/trace.ts';
import type { SpanShape } from '#tests/support/trace-requests.ts';

export interface Decided {
  trace: number;
  trigger: Trigger;
  /** Span numbers, in arrival order. */
  spans: number[];
  rootPresent: boolean;
  missingParents: number;
}

interface Open {
  spans: SpanShape[];
  firstMs: number;
  lastMs: number;
  rootMs: number | undefined;
  isLate: boolean;
}

export interface Waits {
  quietMs: number;
  afterRootMs: number;
  maxMs: number;
  spansPerTrace: number;
}

export class ShardModel {
  readonly decided: Decided[] = [];
  sampledOutLate = 0;
  /** Spans that were received before. */
  copies = 0;
  readonly #open = new Map<number, Open>();
  readonly #past = new Map<number, boolean>();
  /** Spans received, by what makes them the same. */
  readonly #received = new Set<string>();
  readonly #waits: Waits;
  readonly #keeps: (trace: number) => boolean;

  constructor(waits: Waits, keeps: (trace: number) => boolean) {
    this.#waits = waits;
    this.#keeps = keeps;
  }

  get pending(): number {
    return [...this.#open.values()].reduce((sum, trace) => sum + trace.spans.length, 0);
  }

  accept(spans: readonly SpanShape[], nowMs: number): void {
    for (const span of spans) {
      const same = sameness(span);
      if (this.#received.has(same)) {
        this.copies++;
        continue;
      }
      this.#received.add(same);
      let open = this.#open.get(span.trace);
      if (open === undefined) {
        if (this.#past.get(span.trace) === false) {
          this.sampledOutLate++;
          continue;
        }
        open = { spans: [], firstMs: nowMs, lastMs: nowMs, rootMs: undefined, isLate: this.#past.has(span.trace) };
        this.#open.set(span.trace, open);
      }
      open.spans.push(span);
      open.lastMs = nowMs;
      if (span.parent === undefined) open.rootMs ??= nowMs;
      if (open.spans.length >= this.#waits.spansPerTrace) this.#decide(span.trace, open, 'span_limit');
    }
  }

  tick(nowMs: number): void {
    for (const [trace, open] of this.#open) {
      const trigger = this.#trigger(open, nowMs);
      if (trigger !== undefined) this.#decide(trace, open, trigger);
    }
  }

  #trigger(open: Open, nowMs: number): Trigger | undefined {
    const { quietMs, afterRootMs, maxMs } = this.#waits;
    const isPast = (dueMs: number): boolean => Math.ceil(dueMs / TICK_MS) <= Math.floor(nowMs / TICK_MS);
    const latestMs = open.firstMs + maxMs;
    const isQuiet = isPast(open.lastMs + quietMs);
    if (open.isLate) return isQuiet || isPast(latestMs) ? 'late' : undefined;
    if (open.rootMs !== undefined) {
      if (isQuiet && missing(open.spans) === 0) return 'complete';
      const afterMs = open.rootMs + afterRootMs;
      if (afterMs <= latestMs && isPast(afterMs)) return 'after_root';
    }
    return isPast(latestMs) ? 'timeout' : undefined;
  }

  #decide(trace: number, open: Open, trigger: Trigger): void {
    this.#open.delete(trace);
    this.#past.set(trace, this.#keeps(trace));
    this.decided.push({
      trace,
      trigger: open.isLate ? 'late' : trigger,
      spans: open.spans.map((span) => span.span),
      rootPresent: open.rootMs !== undefined,
      missingParents: missing(open.spans),
    });
  }
}

/** Equal for spans that are one, sent twice. */
export function sameness({ trace, span, parent, startNs, endNs, name, kind, status, padding }: SpanShape): string {
  return [trace, span, parent, startNs, endNs, name, kind, status, padding].join(' ');
}

function missing(spans: readonly SpanShape[]): number {
  const ids = new Set(spans.map((span) => span.span));
  return new Set(spans.flatMap((span) => (span.parent === undefined || ids.has(span.parent) ? [] : [span.parent])))
    .size;
}
