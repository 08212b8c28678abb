// Exactly the spans that were decided within the window are known, whatever their number, the order of decisions and late spans, full generations,
// and crashes after which a log gives back what it was given.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecidedSpans } from '#collector/assemble/decided-spans.ts';
import { SpanColumns } from '#collector/assemble/span-columns.ts';
import { SpanTable } from '#collector/model/span-table.ts';
import type { TraceView, Trigger } from '#collector/model/trace.ts';
import { traceIdWords } from '#tests/support/trace-requests.ts';

const SEED = 23;
const GENERATION_MS = 1000;

/** What is remembered of a span, all made of two numbers. */
const print = (span: number): number => Math.imul(span, 0x9e3779b1) | 1;

/** Decided spans, and a log of pieces that loses the oldest now and then. */
class Under {
  nowMs = 1_000_000;
  readonly #rows = new SpanTable(100_000);
  readonly #columns = new SpanColumns();
  readonly #words: number;
  readonly mistakes: string[] = [];
  /** When each span was decided. */
  readonly decidedMs = new Map<string, number>();
  /** Pieces in the log. */
  readonly #log: Buffer[] = [];
  spans: DecidedSpans;

  constructor(words: number) {
    this.#words = words;
    this.spans = new DecidedSpans(this.#rows, SEED, { words, ms: GENERATION_MS });
  }

  decide(trace: number, from: number, count: number, trigger: Trigger = 'complete'): void {
    const rows = Int32Array.from({ length: count }, () => this.#rows.allocate());
    for (const [i, row] of rows.entries()) {
      this.#rows.spanIdLo[row] = from + i;
      this.#rows.print[row] = print(from + i);
      this.#note(trace, from + i);
    }
    const [id0, id1, id2, id3] = traceIdWords(trace);
    this.spans.advanceTo(this.nowMs);
    this.spans.remember({ id0, id1, id2, id3, rows, count, trigger } as TraceView);
    for (const row of rows) this.#rows.release(row);
  }

  /** A late span of a dropped trace: whether it was known. */
  receive(trace: number, span: number): boolean {
    this.#set(trace, span);
    this.spans.advanceTo(this.nowMs);
    const known = this.spans.receive(this.#columns, 0);
    if (!known) this.#note(trace, span);
    return known;
  }

  has(trace: number, span: number): boolean {
    this.#set(trace, span);
    return this.spans.has(this.#columns, 0);
  }

  /** Writes what is new into the log, and takes off its oldest pieces. */
  carry(lost: number): void {
    const deleted = Math.min(lost, this.#log.length);
    this.#log.splice(0, deleted);
    for (let piece = this.spans.carry(deleted); piece !== undefined; piece = this.spans.carry()) this.#log.push(piece);
  }

  /** What is known before it is known after it, as if it were decided then. */
  crash(): void {
    const known = [...this.decidedMs.keys()].filter((key) => this.#knows(key));
    this.spans = new DecidedSpans(this.#rows, SEED + this.#log.length, { words: this.#words, ms: GENERATION_MS });
    this.spans.advanceTo(this.nowMs);
    for (const piece of this.#log.splice(0)) this.spans.restore(piece);
    this.mistakes.push(
      ...known.filter((key) => !this.#knows(key)).map((key) => `trace and span ${key} are not known after a crash`),
    );
    for (const key of known) this.decidedMs.set(key, this.nowMs + 1);
    this.carry(0);
  }

  /** Of all spans: those that must be known, and those that are. */
  check(): void {
    const sinceMs = this.nowMs - this.spans.windowMs(this.nowMs);
    for (const [key, ms] of this.decidedMs)
      if (ms > sinceMs && !this.#knows(key))
        this.mistakes.push(`trace and span ${key} are not known, decided at ${ms}, all since ${sinceMs} are`);
  }

  #knows(key: string): boolean {
    const [trace, span] = key.split(' ').map(Number) as [number, number];
    return this.has(trace, span);
  }

  #note(trace: number, span: number): void {
    this.decidedMs.set(`${trace} ${span}`, this.nowMs);
  }

  #set(trace: number, span: number): void {
    const columns = this.#columns;
    [columns.id0[0], columns.id1[0], columns.id2[0], columns.id3[0]] = traceIdWords(trace);
    columns.spanIdLo[0] = span;
    columns.print[0] = print(span);
  }
}

type Step =
  | { readonly kind: 'decide'; readonly trace: number; readonly count: number; readonly late: boolean }
  | { readonly kind: 'late'; readonly trace: number; readonly count: number }
  | { readonly kind: 'again'; readonly which: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'carry'; readonly lost: number }
  | { readonly kind: 'crash' };

const trace = fc.integer({ min: 1, max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('decide' as const),
      trace,
      count: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 900 })),
      late: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('late' as const), trace, count: fc.integer({ min: 1, max: 200 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('again' as const), which: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1200 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('carry' as const), lost: fc.integer({ min: 0, max: 3 }) }) },
);

/** @param words of a generation: as few as make parts, generations and pieces full now and then @returns what went wrong */
function mistakesOf(steps: readonly Step[], words: number): string[] {
  const under = new Under(words);
  let next = 1;
  for (const one of steps) {
    under.nowMs++;
    if (one.kind === 'pass') under.nowMs += one.ms;
    else if (one.kind === 'carry') under.carry(one.lost);
    else if (one.kind === 'crash') {
      under.carry(0);
      under.crash();
    } else if (one.kind === 'again') {
      const [key, ms] = [...under.decidedMs][one.which % Math.max(1, under.decidedMs.size)] ?? ['1 0', -Infinity];
      const [its, span] = key.split(' ').map(Number) as [number, number];
      if (ms > under.nowMs - under.spans.windowMs(under.nowMs) && !under.receive(its, span))
        under.mistakes.push(`a copy of ${key} is not known`);
    } else {
      for (let i = 0; i < (one.kind === 'late' ? one.count : 0); i++)
        if (under.receive(one.trace, next + i)) under.mistakes.push(`${one.trace} ${next + i} is new`);
      if (one.kind === 'decide') under.decide(one.trace, next, one.count, one.late ? 'late' : 'complete');
      next += one.count;
      for (let i = 0; i < 20; i++)
        if (under.has(one.trace, next + i)) under.mistakes.push(`${one.trace} ${next + i} was never decided`);
    }
    under.check();
  }
  return under.mistakes;
}

test.each([8192, 65_536, 1_048_576])(
  'over random decisions, late spans, waits and carried pieces, with generations of %d words',
  { timeout: 120_000 },
  (words) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        expect(mistakesOf(steps, words)).toEqual([]);
      }),
      { seed: 61, numRuns: 60 },
    );
  },
);

test('over the same with crashes, one after the other too', { timeout: 120_000 }, () => {
  const crashing = fc.array(
    fc.oneof({ weight: 9, arbitrary: step }, { weight: 1, arbitrary: fc.constant<Step>({ kind: 'crash' }) }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(crashing, (steps) => {
      expect(mistakesOf(steps, 1_048_576)).toEqual([]);
    }),
    { seed: 62, numRuns: 60 },
  );
});

test('a minute is remembered for sure; two minutes later nothing is', () => {
  const columns = new SpanColumns();
  const under = new DecidedSpans(new SpanTable(1), SEED);
  const isKnown = (second: number, span: number): boolean => {
    under.advanceTo(second * 1000);
    [columns.id0[0], columns.spanIdLo[0], columns.print[0]] = [span, span, print(span)];
    return under.receive(columns, 0);
  };
  for (let second = 0; second < 300; second++) {
    expect(isKnown(second, 1 + second)).toBe(false);
    expect(isKnown(second, Math.max(1, second - 59))).toBe(true);
    expect(under.windowMs(second * 1000)).toBeLessThanOrEqual(120_000);
    expect(under.windowMs(second * 1000)).toBeGreaterThanOrEqual(Math.min(second, 60) * 1000);
  }
  expect(isKnown(300, 1 + 179)).toBe(false);
});

test('late spans that come one by one, to one trace and to many, stay linear', () => {
  const under = new Under(4 * 1024 * 1024);
  for (let i = 0; i < 100_000; i++) under.receive(1, i);
  for (let i = 0; i < 100_000; i++) under.receive(2 + (i % 1000), i);
  for (let i = 0; i < 100_000; i += 997)
    expect([under.has(1, i), under.has(2 + (i % 1000), i), under.has(1, 100_000 + i)]).toEqual([true, true, false]);
});

test('what another version carried in another form, or what was cut short, is left out', () => {
  const under = new Under(65_536);
  under.decide(1, 1, 10);
  under.decide(2, 1, 10);
  const piece = under.spans.carry()!;
  const restored = (bytes: Buffer): number =>
    new DecidedSpans(new SpanTable(1), 1, { words: 65_536, ms: GENERATION_MS }).restore(bytes);
  expect([
    restored(piece),
    restored(piece.subarray(0, piece.length - 1)),
    restored(Buffer.alloc(0)),
    restored(Buffer.alloc(100, 7)),
  ]).toEqual([20, 10, 0, 0]);
});

test('half a million spans are carried in pieces, and known after they are restored', () => {
  const under = new Under(4 * 1024 * 1024);
  for (let i = 0; i < 5000; i++) under.decide(1 + i, i * 100, 100);
  const pieces: Buffer[] = [];
  for (let piece = under.spans.carry(); piece !== undefined; piece = under.spans.carry()) pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(3);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(2 ** 20 * 1.3);
  const next = new Under(4 * 1024 * 1024);
  for (const piece of pieces) next.spans.restore(piece);
  const wrong = Array.from({ length: 5000 }, (_, i) => i).filter(
    (i) => !next.has(1 + i, i * 100 + 99) || next.has(1 + i, i * 100 + 100),
  );
  expect(wrong).toEqual([]);
});

test('a clock that is set forward makes nothing older', () => {
  const columns = new SpanColumns();
  const under = new DecidedSpans(new SpanTable(1), SEED);
  const isKnown = (ms: number, span: number): boolean => {
    under.advanceTo(ms);
    [columns.id0[0], columns.spanIdLo[0], columns.print[0]] = [span, span, print(span)];
    return under.receive(columns, 0);
  };
  expect(isKnown(1_700_000_000_000, 1)).toBe(false);
  for (let jump = 1; jump <= 5; jump++) {
    const nowMs = 1_700_000_000_000 + jump * 3_600_000;
    expect([isKnown(nowMs, 1 + jump), isKnown(nowMs, 1)]).toEqual([false, true]);
    expect(under.windowMs(nowMs)).toBeLessThanOrEqual(jump * 10_000);
  }
});
