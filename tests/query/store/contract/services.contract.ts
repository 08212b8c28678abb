// What a reader of services answers, whatever holds them: asked of the world in world.ts.
import { expect, it } from 'vitest';
import type { ServiceReader } from '#query/store/services/contract.ts';
import { idOf, RANGE, START_NS } from './world.ts';

export function servicesContract(reader: () => ServiceReader): void {
  it('adds up services, what they served first', async () => {
    const buckets = (total: number): object => ({ boundsUs: [5000], counts: [total] });
    expect(await reader().services(RANGE)).toEqual([
      { service: 'job', served: false, total: 3, failed: 0, durationSumNs: 6e6, operations: 1, ...buckets(3) },
      { service: 'shop', served: true, total: 12, failed: 2, durationSumNs: 24e6, operations: 1, ...buckets(12) },
      { service: 'shop', served: false, total: 12, failed: 0, durationSumNs: 24e6, operations: 1, ...buckets(12) },
    ]);
  });

  it('counts them over time', async () => {
    const points = await reader().trends(RANGE, 20);
    expect(points.toSorted((a, b) => a.point - b.point || Number(b.served) - Number(a.served))).toEqual([
      { service: 'shop', served: true, point: 0, total: 10, failed: 0 },
      { service: 'shop', served: true, point: 1, total: 2, failed: 2 },
      { service: 'shop', served: false, point: 1, total: 12, failed: 0 },
      { service: 'job', served: false, point: 2, total: 3, failed: 0 },
    ]);
  });

  it('knows for how long there were spans', async () => {
    expect(await reader().dataSeconds({ startNs: 0n, endNs: START_NS })).toBe(0);
    const whole = await reader().dataSeconds({ startNs: 0n, endNs: RANGE.endNs });
    expect(whole).toBe(await reader().dataSeconds(RANGE));
    expect(whole).toBeGreaterThan(1);
    expect(whole).toBeLessThan(600);
  });

  it('lists the operations of one, the busiest first', async () => {
    const shop = { service: 'shop', range: RANGE, limit: 10 };
    const byName = (await reader().operations(shop)).rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(byName.map(({ name, kind, total, failed }) => [name, kind, total, failed])).toEqual([
      ['buy', 2, 12, 2],
      ['call pay', 3, 12, 0],
    ]);
    const one = await reader().operations({ ...shop, limit: 1 });
    expect([one.rows.length, one.count]).toEqual([1, 2]);
    expect((await reader().operations({ ...shop, contains: 'PAY' })).rows.map(({ name }) => name)).toEqual([
      'call pay',
    ]);
    expect(await reader().operations({ ...shop, service: 'nobody' })).toEqual({ rows: [], count: 0 });
  });

  it('adds up one operation', async () => {
    const buy = { service: 'shop', name: 'buy', kind: 2, range: RANGE };
    expect(await reader().operation(buy)).toMatchObject({ total: 12, failed: 2 });
    expect(await reader().operation({ ...buy, kind: 3 })).toBeUndefined();
  });

  it('adds up edges, the busiest first, and what services served', async () => {
    const { rows: edges, count } = await reader().edges(RANGE, 10);
    expect(count).toBe(2);
    expect(await reader().edges(RANGE, 1)).toEqual({ rows: edges.slice(0, 1), count: 2 });
    expect(edges).toEqual([
      expect.objectContaining({
        caller: 'shop',
        callee: 'orders',
        kind: 'queue',
        total: 20,
        lagTotal: 4,
        lagTotalNs: 4e6,
      }),
      expect.objectContaining({
        caller: 'shop',
        callee: 'pay',
        kind: 'rpc',
        total: 12,
        failed: 1,
        durationSumNs: 24e6,
      }),
    ]);
    expect(edges[1]).toMatchObject({ boundsUs: [5000], counts: [12], lagTotal: 0 });
    expect((await reader().served(RANGE)).toSorted((a, b) => a.total - b.total)).toEqual([
      { service: 'job', total: 0, failed: 0 },
      { service: 'shop', total: 12, failed: 2 },
    ]);
  });

  it('adds up the reports, with examples where there are some', async () => {
    expect(await reader().propagation(RANGE, 10)).toEqual([
      {
        cause: 'lost',
        caller: 'shop',
        callee: 'pay',
        total: 3,
        outOf: 30,
        exampleTraceId: idOf('a9'),
        keptTraceId: idOf('a1'),
      },
    ]);
    expect(await reader().repairs(RANGE, 10)).toEqual([
      {
        service: 'pay',
        kind: 'self_parent',
        traceTotal: 5,
        total: 9,
        exampleTraceId: idOf('a1'),
        keptTraceId: idOf('a1'),
      },
      { service: 'shop', kind: 'cycle', traceTotal: 2, total: 3, exampleTraceId: idOf('a9'), keptTraceId: '' },
    ]);
  });
}
