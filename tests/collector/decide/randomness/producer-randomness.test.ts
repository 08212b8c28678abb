// `linked: producer`: a trace with links is decided by the randomness of the trace it is linked to. Both stay together, the choice among
// several is the same in any order and says nothing of randomness, and totals from weights stay unbiased.
import { expect, test } from 'vitest';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import type { RuleSet } from '#collector/decide/rules/rule-set.ts';
import { thresholdText } from '#proto/model/threshold.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { traceViewOf } from '#collector/simulate/trace-view-of.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';
import { numbers } from '../../shard/stage-load.ts';

const decision: Decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };

function rules(keep: string, linked?: 'own' | 'producer'): RuleSet {
  const compiled = compileRules({ rules: [{ name: 'all', keep }], ...(linked !== undefined && { linked }) });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  return compiled.value;
}

function trace(id: string, spans: readonly Partial<PlainSpan>[]): TraceView {
  const file = new TraceFile(spans.length);
  file.add(
    traceRequest(
      id,
      spans.map((span, i) => ({ id: String(i + 1), start: 0, end: 1, ...span })),
    ),
  );
  return file.view(id)!;
}

function randomnessOf(view: TraceView, by = rules('5%', 'producer')): string {
  by.decide(view, decision);
  return thresholdText(decision.randomHi!, decision.randomLo!)!;
}

const OWN = 'aaaaaaaaaaaaaaaaaa11111111111111';
const FIRST = '010203040506070809cccccccccccccc';
const SECOND = '010203040506070810bbbbbbbbbbbbbb';
const THIRD = 'ff0203040506070809dddddddddddddd';
const to = (id: string, span = '7', traceState?: string): NonNullable<PlainSpan['links']>[number] => ({
  trace: id,
  span,
  ...(traceState !== undefined && { traceState }),
});

test('the producer that is chosen is the one with the least first nine bytes, in any order of spans and links', () => {
  const links = [to(THIRD), to(SECOND), to(FIRST)];
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [1, 0, 2],
  ]) {
    expect(randomnessOf(trace(OWN, [{}, { parent: '1', links: order.map((i) => links[i]!) }]))).toBe('cccccccccccccc');
    expect(
      randomnessOf(
        trace(
          OWN,
          order.map((i) => ({ links: [links[i]!] })),
        ),
      ),
    ).toBe('cccccccccccccc');
  }
  const view = trace(
    OWN,
    links.map((link) => ({ links: [link] })),
  );
  expect(randomnessOf(traceViewOf(view.memory, OWN, view.rows.slice().reverse()))).toBe('cccccccccccccc');
});

test('ids of 64 bits, whose first bytes say nothing, are told apart by the span pointed at', () => {
  const [low, high] = ['0000000000000000ee00000000000001', '0000000000000000eeffffffffffffff'];
  expect(randomnessOf(trace(OWN, [{ links: [to(low, '9'), to(high, '5')] }]))).toBe('ffffffffffffff');
  expect(randomnessOf(trace(OWN, [{ links: [to(high, '9'), to(low, '5')] }]))).toBe('00000000000001');
});

test('explicit randomness comes first: of the trace itself, then of the link; a threshold of its own keeps its own', () => {
  const told = to(FIRST, '7', 'v=1,ot=rv:00000000000abc');
  expect(randomnessOf(trace(OWN, [{ links: [told] }]))).toBe('00000000000abc');
  expect(
    randomnessOf(
      trace(OWN, [{ links: [to(FIRST, '1')] }, { links: [told] }, { links: [to(THIRD, '7', 'ot=rv:00000000000001')] }]),
    ),
  ).toBe('00000000000abc');
  expect(randomnessOf(trace(OWN, [{ traceState: 'ot=rv:22222222222222', links: [told] }]))).toBe('22222222222222');
  expect(randomnessOf(trace(OWN, [{ traceState: 'ot=th:08', links: [told] }]))).toBe('11111111111111');
  expect(randomnessOf(trace(OWN, [{ traceState: 'ot=th:0', links: [told] }]))).toBe('00000000000abc');
});

test('without links, with links to itself or damaged ones, or unless it is configured, its own randomness decides', () => {
  expect(randomnessOf(trace(OWN, [{}]))).toBe('11111111111111');
  expect(randomnessOf(trace(OWN, [{ links: [to(OWN)] }]))).toBe('11111111111111');
  expect(randomnessOf(trace(OWN, [{ links: [to('!0102'), to('0'.repeat(32))] }]))).toBe('11111111111111');
  expect(randomnessOf(trace(OWN, [{ links: [to(FIRST)] }]), rules('5%'))).toBe('11111111111111');
  expect(randomnessOf(trace(OWN, [{ links: [to(FIRST)] }]), rules('5%', 'own'))).toBe('11111111111111');
});

test('a chain of linked traces has one randomness, where each was decided before the next; late spans of it are told', () => {
  const judge = rules('5%', 'producer');
  const [order, invoice, mail] = ['0a'.repeat(16), '0b'.repeat(16), '0c'.repeat(16)];
  expect(randomnessOf(trace(order, [{}]), judge)).toBe('0a0a0a0a0a0a0a');
  expect(randomnessOf(trace(mail, [{ links: [to(invoice)] }]), rules('5%', 'producer'))).toBe('0b0b0b0b0b0b0b');
  expect(randomnessOf(trace(invoice, [{ links: [to(order)] }]), judge)).toBe('0a0a0a0a0a0a0a');
  expect(randomnessOf(trace(mail, [{ links: [to(invoice)] }]), judge)).toBe('0a0a0a0a0a0a0a');
  const after = rules('7%', 'producer');
  after.adopt(judge);
  for (const [id, told] of [
    [mail, '0a0a0a0a0a0a0a'],
    [order, undefined],
  ] as const) {
    after.recall(trace(id, [{}]), decision);
    expect(decision.randomHi === undefined ? undefined : thresholdText(decision.randomHi, decision.randomLo!)).toBe(
      told,
    );
  }
});

test('under overload a trace that was taken in by its own randomness is decided by it', () => {
  const view = trace('aaaaaaaaaaaaaaaaaaf1111111111111', [{ links: [to('01020304050607080900000000000000')] }]);
  view.leastHi = 2 ** 27;
  expect(randomnessOf(view)).toBe('f1111111111111');
});

test('at 5 % producer and consumer are kept together, and totals are unbiased over 200 seeds', () => {
  const seeds = 200;
  const pairs = 60;
  const judge = rules('5%', 'producer');
  const file = new TraceFile(seeds * pairs * 2);
  const keeps = (id: string, links: NonNullable<PlainSpan['links']>): boolean => {
    file.add(traceRequest(id, [{ id: '1', start: 0, end: 1, links }]));
    judge.decide(file.view(id)!, decision);
    return decision.keep;
  };
  const errors: number[] = [];
  let together = 0;
  let kept = 0;
  let consumers = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const random = numbers(seed + 1);
    const id = (): string => Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('');
    let estimate = 0;
    for (let i = 0; i < pairs; i++) {
      const producers = Array.from({ length: 1 + (i % 3) }, id);
      const chosen = producers.toSorted((a, b) => (a.slice(0, 18) < b.slice(0, 18) ? -1 : 1))[0]!;
      const consumerKept = keeps(
        id(),
        producers.map((producer) => to(producer)),
      );
      if (consumerKept) {
        consumers++;
        estimate += decision.weight;
      }
      if (!keeps(chosen, [])) continue;
      kept++;
      if (consumerKept) together++;
    }
    errors.push(estimate / pairs - 1);
  }
  expect(kept).toBeGreaterThan(400);
  expect([together, consumers]).toEqual([kept, kept]);
  const mean = errors.reduce((a, b) => a + b, 0) / seeds;
  const standardError = Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (seeds - 1) / seeds);
  expect(Math.abs(mean)).toBeLessThanOrEqual(3 * standardError);
});
