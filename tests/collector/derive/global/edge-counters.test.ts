// Series of edges: bounded, shared fairly among callers, ended when nothing calls any more; increments are exact whatever becomes of the series.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CALL_CLIENT_SERVER, callSlot, EDGE_DB, EDGE_INTERNAL, EDGE_RPC } from '#collector/derive/edges/call.ts';
import { EdgeCounters, type EdgeSeries } from '#collector/derive/global/edge-counters.ts';
import { OVERFLOW_TEXT } from '#collector/model/intern-table.ts';

function counters(seriesRows?: number) {
  const edges = new EdgeCounters(
    [1000, 10_000],
    (node) => `n${node}`,
    () => false,
    seriesRows,
  );
  return {
    edges,
    call: (caller: number, callee: number, kind = EDGE_RPC): void =>
      edges.add(caller, callee, callSlot(kind, 0), 5e6, CALL_CLIENT_SERVER, -1),
    series: (): string[] => [...edges.series()].map(nameOf).sort(),
    ended: (nowMs: number, afterMs: number): string[] => {
      const names: string[] = [];
      edges.expire(nowMs, afterMs, (series) => names.push(nameOf(series)));
      return names.sort();
    },
  };
}

const nameOf = ({ client, server, connectionType, calls, buckets }: EdgeSeries): string =>
  `${client}>${server}${connectionType === '' ? '' : ` ${connectionType}`} ${calls} [${buckets.join(' ')}]`;

describe('series of edges', () => {
  it('count together from flush to flush, rpc and internal calls as one', () => {
    const { edges, call, series } = counters();
    call(1, 2);
    call(1, 2, EDGE_INTERNAL);
    call(1, 3, EDGE_DB);
    expect(series()).toEqual([]);
    edges.flush(10);
    call(1, 2);
    edges.flush(20);
    expect(series()).toEqual(['n1>n2 3 [0 3 3]', 'n1>n3 database 1 [0 1 1]']);
  });

  it('end when nothing calls any more, and begin anew at 0', () => {
    const { edges, call, series, ended } = counters();
    call(1, 2);
    call(1, 3);
    edges.flush(1000);
    call(1, 3);
    edges.flush(2000);
    expect(ended(10_999, 10_000)).toEqual([]);
    expect(ended(11_000, 10_000)).toEqual(['n1>n2 1 [0 1 1]']);
    expect(series()).toEqual(['n1>n3 2 [0 2 2]']);
    call(1, 2);
    edges.flush(12_000);
    expect(series()).toEqual(['n1>n2 1 [0 1 1]', 'n1>n3 2 [0 2 2]']);
    expect(ended(12_000, 10_000)).toEqual(['n1>n3 2 [0 2 2]']);
    expect(edges.seriesHeld).toBe(1);
  });

  it('give a caller no more rows than it leaves free; what is beyond is an edge of the caller to the overflow', () => {
    const { edges, call, series } = counters(100);
    for (let callee = 10; callee < 1010; callee++) call(1, callee);
    for (let callee = 10; callee < 30; callee++) call(2, callee);
    expect(edges.flush(10).reduce((sum, row) => sum + row.calls, 0)).toBe(1020);
    const names = series();
    expect(names.filter((name) => name.startsWith('n2>n'))).toHaveLength(20);
    const own = names.filter((name) => name.startsWith('n1>n')).length;
    expect(own).toBeGreaterThan(40);
    expect(own).toBeLessThan(50);
    expect(names).toContain(`n1>${OVERFLOW_TEXT} ${1000 - own} [0 ${1000 - own} ${1000 - own}]`);
    expect(edges.overflowed).toBe(1000 - own);
  });

  it('lose no call, whoever calls whom, as long as rows come and go', () => {
    const step = fc.record({
      calls: fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 60 }),
      waitMs: fc.constantFrom(10, 2000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.integer({ min: 2, max: 60 }), (steps, rows) => {
        const { edges, call } = counters(rows);
        let nowMs = 0;
        let made = 0;
        let ended = 0;
        for (const { calls, waitMs } of steps) {
          for (const [caller, callee] of calls) call(caller, callee);
          made += calls.length;
          nowMs += waitMs;
          edges.flush(nowMs);
          edges.expire(nowMs, 1500, ({ calls: last }) => (ended += last));
          expect([...edges.series()].reduce((sum, series) => sum + series.calls, ended)).toBe(made);
          expect(edges.seriesHeld).toBeLessThanOrEqual(rows + 4);
        }
      }),
      { seed: 106 },
    );
  });
});
