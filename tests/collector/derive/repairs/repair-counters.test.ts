// Repairs by service and kind: each kind where it is made, traces and spans apart, kept and dropped alike, bounded.
import { expect, it } from 'vitest';
import { RepairCounters } from '#collector/derive/repairs/repair-counters.ts';
import { Reconstructor, rawClocks } from '#collector/reconstruct/reconstruct.ts';
import { MAX_WARNINGS, WARNING_KINDS } from '#collector/reconstruct/warnings.ts';
import { WarningKind } from '#proto/api/reconstruction-report.ts';
import { buildTrace, type PlainSpan } from '../../../support/trace-builder.ts';

const SERVER = 2;

class Counted {
  readonly rebuild = new Reconstructor(rawClocks);
  counters: RepairCounters | undefined;

  add(spans: PlainSpan[], kept = false, trigger: 'complete' | 'late' = 'complete'): this {
    const view = buildTrace(spans);
    view.trigger = trigger;
    this.counters ??= new RepairCounters((service) => view.memory.services.text(service));
    const dag = this.rebuild.observe(view);
    if (kept) this.rebuild.finish(view);
    this.counters.observe(view, dag, kept);
    return this;
  }

  /** `service kind traces/spans`. */
  rows(): string[] {
    return this.counters!.flush()
      .map(({ service, kind, traces, spans }) => `${service} ${kind} ${traces}/${spans}`)
      .toSorted();
  }
}

const orphans = (count: number): PlainSpan[] =>
  Array.from({ length: count }, (_, i) => ({
    id: (i + 1).toString(16),
    parent: 'ffffff',
    service: 'shop',
    start: i,
    end: i + 1,
  }));

it('counts spans and traces of every repair at the service of the span, in dropped traces as in kept ones', () => {
  const damaged: PlainSpan[] = [
    { id: '1', service: 'web', kind: SERVER, start: 0, end: 100 },
    { id: '2', parent: '9', service: 'shop', start: 10, end: 20 },
    { id: '3', parent: '9', service: 'shop', start: 10, end: 20 },
    { id: '4', parent: '4', service: 'mail', start: 10, end: 20 },
    { id: '5', parent: '1', service: 'mail', start: 30, end: 20 },
    { id: '6', parent: '!01', service: 'old', start: 5, end: 20 },
  ];
  const expected = [
    'mail end_before_start 1/1',
    'mail self_parent 1/1',
    'old bad_parent_id 1/1',
    'old several_roots 1/1',
    'shop missing_parent 1/2',
  ];
  for (const kept of [false, true]) expect(new Counted().add(damaged, kept).rows()).toEqual(expected);
  const twice = new Counted().add(damaged).add(damaged, true);
  expect(twice.rows()).toEqual(
    expected.map((row) =>
      row.replace(/(\d)\/(\d)/, (_, traces: string, spans: string) => `${Number(traces) * 2}/${Number(spans) * 2}`),
    ),
  );
  expect(twice.rows()).toEqual([]);
  expect([...twice.counters!.series()].reduce((sum, { spans }) => sum + spans, 0)).toBe(12);
});

it('counts all repairs of one trace, also those that are too many to be stored with it', () => {
  expect(new Counted().add(orphans(3 * MAX_WARNINGS)).rows()).toEqual([`shop missing_parent 1/${3 * MAX_WARNINGS}`]);
});

it('takes no offence at late spans for the parents that came before them', () => {
  expect(
    new Counted()
      .add(
        [
          { id: '2', parent: '1', service: 'shop', start: 3, end: 1 },
          { id: '3', service: 'shop', start: 3, end: 4 },
          { id: '4', service: 'shop', start: 5, end: 6 },
        ],
        true,
        'late',
      )
      .rows(),
  ).toEqual(['shop end_before_start 1/1']);
});

it('shows a kept trace as the example where there is one, and finds a new one after each flush', () => {
  const counted = new Counted().add(orphans(1)).add(orphans(2), true).add(orphans(3));
  const [first] = counted.counters!.flush();
  expect(first).toMatchObject({ traces: 3, spans: 6, exampleKept: true });
  const [second] = counted.add(orphans(1)).counters!.flush();
  expect(second).toMatchObject({ traces: 1, spans: 1, exampleKept: false });
  expect(second!.example).not.toEqual(first!.example);
});

it('is bounded: services beyond the table count under one name', () => {
  const view = buildTrace(orphans(1));
  const counters = new RepairCounters(String);
  const dag = new Reconstructor(rawClocks).observe(view);
  const { resources } = view.memory;
  const resource = view.memory.spans.resource[view.rows[0]!]!;
  const service = resources.service[resource]!;
  for (let i = 0; i < 17_000; i++) {
    resources.service[resource] = 1_000_000 + i;
    counters.observe(view, dag, false);
  }
  resources.service[resource] = service;
  const rows = counters.flush();
  expect(rows).toHaveLength(16_385);
  expect(rows.at(-1)).toMatchObject({ service: '__overflow__', spans: 17_000 - 16_384 });
  expect(counters.overflowed).toBe(17_000 - 16_384);
});

it('knows the kinds that the API names', () => {
  expect(WarningKind.options).toEqual([...WARNING_KINDS]);
});
