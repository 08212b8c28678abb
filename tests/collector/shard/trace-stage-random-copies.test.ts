// Over random loads, overload and rescues, spans that come again change nothing but the counts of received and dropped spans.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HALF } from '#proto/model/threshold.ts';
import { bodyOf, duplicatesOf, FORMS, effectsOf, type Form, type Sent } from './copies-under-test.ts';
import { RescueStage } from './rescue-stage.ts';

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const ERROR = 2;
const DROP = 'rules: [{ name: all, keep: 0% }]';

type Step =
  | {
      readonly kind: 'new';
      readonly spans: readonly (readonly [trace: number, span: number, more: number])[];
      readonly again: readonly number[];
      readonly form: Form;
    }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'overload'; readonly steps: number }
  | { readonly kind: 'log'; readonly trace: number }
  | { readonly kind: 'open'; readonly trace: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('new' as const),
      spans: fc.array(
        fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 9 })),
        { maxLength: 12 },
      ),
      again: fc.array(fc.nat(), { maxLength: 10 }),
      form: fc.constantFrom(...FORMS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(100, 300, 1000, 3000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('overload' as const), steps: fc.integer({ min: 0, max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('log' as const), trace: fc.integer({ min: 0, max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const), trace: fc.integer({ min: 0, max: 9 }) }) },
);

/** Ids whose randomness is spread over all of its range. */
const idOf = (trace: number): string =>
  `${'ab'.repeat(9)}${(trace * 0x18000000 + 0x1234567).toString(16).padStart(8, '0')}${trace.toString(16).padStart(6, '0')}`;

function made([trace, id, more]: readonly [number, number, number]): Sent {
  const kind = [1, SERVER, CLIENT, PRODUCER, CONSUMER][more % 5]!;
  return {
    trace: idOf(trace),
    span: {
      id: id.toString(16),
      ...(id > 1 && { parent: Math.floor(id / 2).toString(16) }),
      service: `s${id % 3}`,
      name: `op ${id % 2}`,
      kind,
      start: id * 10,
      end: id * 10 + 500 + more,
      ...(more === 9 && { status: ERROR }),
      ...(kind === CONSUMER && { links: [{ trace: idOf((trace + 1) % 10), span: '1' }] }),
    },
  };
}

/** Runs the steps. @param again with the copies, or without @returns what follows, and how many copies there were */
function run(
  steps: readonly Step[],
  yaml: string,
  spansPerTrace: number,
  again: boolean,
): { effects: unknown; copies: number; duplicates: number } {
  const overload = { leastHi: 0 };
  const under = new RescueStage(yaml, {}, overload, 20_000, { spansPerTrace });
  const sent: Sent[] = [];
  const known = new Set<string>();
  let copies = 0;
  for (const one of steps) {
    if (one.kind === 'pass') under.pass(one.ms);
    else if (one.kind === 'overload') overload.leastHi = HALF - HALF / 2 ** one.steps;
    else if (one.kind === 'log') under.logError(idOf(one.trace));
    else if (one.kind === 'open')
      under.stage.rescue.rescuer.askFor(...(wordsOf(idOf(one.trace)) as [number, number, number, number]), 'opened');
    else {
      // Some of those that came, some of those that come, in the same request: the first of each counts.
      const fresh = one.spans.map(made);
      const parts: Buffer[] = [];
      for (const [at, it] of fresh.entries()) {
        const isNew = !known.has(JSON.stringify(it));
        known.add(JSON.stringify(it));
        if (isNew) sent.push(it);
        if (!isNew && !again) continue;
        if (!isNew) copies++;
        parts.push(bodyOf([it]));
        const other = one.again[at];
        if (other === undefined || !again) continue;
        copies++;
        parts.push(bodyOf([sent[other % sent.length]!], one.form));
      }
      if (parts.length > 0) under.sendBody(Buffer.concat(parts));
    }
  }
  under.pass(6000);
  expect(under.stage.shard.ledger.isBalanced()).toBe(true);
  return { effects: effectsOf(under), copies, duplicates: duplicatesOf(under) };
}

function wordsOf(id: string): number[] {
  return [0, 8, 16, 24].map((at) => Number.parseInt(id.slice(at, at + 8), 16));
}

test.each([
  ['half of the traces', 'rules: [{ name: half, keep: 50% }]', 1000],
  ['half of the traces, cut at five spans', 'rules: [{ name: half, keep: 50% }]', 5],
  [
    'errors and what a budget takes, in windows',
    'rules: [{ name: errors, when: { any: { status: error } }, keep: 100%, budget: false }, { name: rest, keep: 100% }]\nbudget: { spans_per_second: 20, window: 1s }',
    1000,
  ],
  ['linked traces together', 'rules: [{ name: half, keep: 50% }]\nlinked: producer', 8],
  ['none', DROP, 1000],
])(
  'over random loads with copies all is as without them, where what is kept is %s',
  { timeout: 120_000 },
  (_what, yaml, spansPerTrace) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { effects, copies, duplicates } = run(steps, yaml, spansPerTrace, true);
        expect(duplicates).toBe(copies);
        expect(effects).toEqual(run(steps, yaml, spansPerTrace, false).effects);
      }),
      { seed: 17, numRuns: 15 },
    );
  },
);
