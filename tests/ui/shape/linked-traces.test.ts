// Linked traces put together so that the consumer of a hundred messages stays readable.
import { expect, it } from 'vitest';
import type { LinkedTrace, TraceResponse } from '#proto/api/trace.ts';
import { endToEnd, linkedGroups, linkedTime, outcome } from '#ui/shape/linked-traces.ts';
import { makeTrace } from '../make-trace.ts';

const START = 1_000_000_000_000_000_000n;
function linked(n: number, more: Partial<LinkedTrace> & { readonly at?: number } = {}): LinkedTrace {
  const { at = n, ...rest } = more;
  return {
    trace_id: n.toString(16).padStart(32, '0'),
    direction: 'upstream',
    hops: 1,
    state: 'kept',
    root_service: 'shop',
    root_name: 'POST /checkout',
    start: String(START + BigInt(at)),
    duration_ns: 10,
    rule: 'errors',
    reason: 'Kept by rule “errors”.',
    ...rest,
  };
}
const withLinks = (...links: LinkedTrace[]): TraceResponse => ({
  ...makeTrace([{ parent: -1, start: 0, duration: 100 }]),
  linked_traces: links,
});
const outcomes = (...links: LinkedTrace[]): string[] =>
  linkedGroups(withLinks(...links)).map((group) => outcome(group));
const out = { state: 'dropped', rule: 'the rest' } as const;

it('makes one group of a hundred producers, stored ones first, and says what became of the others', () => {
  const producers = Array.from({ length: 100 }, (_, i) => linked(i + 1, i % 20 === 7 ? {} : out));
  const groups = linkedGroups(withLinks(...producers));
  expect(groups).toHaveLength(1);
  expect(groups[0]?.traces.slice(0, 6).map(({ state }) => state)).toEqual([
    'kept',
    'kept',
    'kept',
    'kept',
    'kept',
    'dropped',
  ]);
  expect(groups[0]).toMatchObject({ kept: 5, dropped: 95, time: { from: 1, to: 110 } });
  expect(outcomes(...producers)).toEqual(['5 kept, 95 sampled out: the rest']);
});

it('puts what led here before what followed, and nearer before farther', () => {
  const groups = linkedGroups(
    withLinks(
      linked(1, { direction: 'downstream', hops: 2, root_name: 'far' }),
      linked(2, { direction: 'downstream', root_name: 'near' }),
      linked(3, { root_name: 'before' }),
    ),
  );
  expect(groups.map(({ name }) => name)).toEqual(['before', 'near', 'far']);
});

it('speaks of one trace without a number, and names the rule', () => {
  expect(outcomes(linked(1, out))).toEqual(['sampled out: the rest']);
  expect(outcomes(linked(1))).toEqual(['kept']);
  expect(outcomes(linked(1, { state: 'dropped', rule: '' }), linked(2, { state: 'unknown', start: '0' }))).toEqual([
    '1 not known, 1 sampled out: no rule',
  ]);
});

it('knows no time of a trace whose start is unknown', () => {
  const lost = linked(1, { state: 'unknown', start: '0' });
  const trace = withLinks(lost);
  expect(linkedTime(trace, lost)).toBeNull();
  expect(linkedGroups(trace)[0]?.time).toBeNull();
});

it('stretches the time axis over linked traces only while the trace stays readable', () => {
  const near = linkedGroups(withLinks(linked(1, { at: 120 })));
  expect(endToEnd(near, 0, 100)).toEqual({ from: 0, to: 130, readable: true });
  const far = linkedGroups(withLinks(linked(1, { at: -5000 })));
  expect(endToEnd(far, 0, 100)).toEqual({ from: -5000, to: 100, readable: false });
});
