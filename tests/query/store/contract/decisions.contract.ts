// What a reader of the decision log answers, whatever holds it: asked of the world in world.ts.
import { expect, it } from 'vitest';
import type { DecisionFilter, DecisionReader } from '#query/store/decisions/contract.ts';
import { at, idOf, RANGE } from './world.ts';

const R_OF_D1 = '000000000000ab';

export function decisionsContract(reader: () => DecisionReader): void {
  const newest = async (filter: Partial<DecisionFilter>, limit = 10): Promise<string[]> => {
    const rows = await reader().newest({ range: RANGE, ...filter }, limit);
    return rows.map(({ traceId, trigger }) => `${traceId.replace(/^0*/, '')} ${trigger}`);
  };

  it('lists the newest first, to the exclusive end of the range', async () => {
    expect(await newest({})).toEqual(['d2 timeout', 'd1 complete', 'a2 complete', 'a1 late', 'a1 complete']);
    expect(await newest({}, 1)).toEqual(['d2 timeout']);
    expect(await newest({ decision: 'kept', rule: 'errors' })).toEqual(['a1 late', 'a1 complete']);
    expect(await newest({ service: 'home', rule: 'rest' })).toEqual(['d1 complete']);
  });

  it('tells everything of a decision', async () => {
    expect(await reader().ofTrace(idOf('d1'), 10)).toEqual([
      {
        traceId: idOf('d1'),
        decidedNs: String(at(1200)),
        decision: 'dropped',
        rule: 'rest',
        trigger: 'complete',
        thresholdHex: '40000000000000',
        randomnessHex: R_OF_D1,
        adjustedCount: 0,
        rootService: 'home',
        rootName: 'work',
        startNs: String(at(1200)),
        durationNs: 1e6,
        spanCount: 3,
        byteCount: 300,
        errorCount: 0,
        rootPresent: false,
        missingParents: 0,
      },
    ]);
    expect(await reader().ofTrace(idOf('ffff'), 10)).toEqual([]);
  });

  it('counts by rule, service and trigger; late spans under their trigger only', async () => {
    const rest = { name: 'rest', kept: 1, dropped: 1, keptSpans: 1, droppedSpans: 3 };
    const errors = { name: 'errors', kept: 1, dropped: 0, keptSpans: 2, droppedSpans: 0 };
    const health = { name: 'health', kept: 0, dropped: 1, keptSpans: 0, droppedSpans: 1 };
    expect(await reader().counts('rule', RANGE, 10)).toEqual([rest, errors, health]);
    expect(await reader().counts('rule', RANGE, 1)).toEqual([rest]);
    expect(await reader().counts('rule', RANGE, 10, 'home')).toEqual([health, { ...rest, kept: 0, keptSpans: 0 }]);
    expect((await reader().counts('rootService', RANGE, 10)).map(({ name }) => name)).toEqual(['home', 'shop']);
    expect((await reader().counts('trigger', RANGE, 10)).map(({ name }) => name)).toEqual([
      'complete',
      'late',
      'timeout',
    ]);
  });

  it('counts over time', async () => {
    const points = await reader().overTime(RANGE, 60_000);
    expect(points.toSorted((a, b) => a.point - b.point || (a.rule < b.rule ? -1 : 1))).toEqual([
      { rule: 'errors', point: 0, kept: 1, dropped: 0 },
      { rule: 'rest', point: 0, kept: 1, dropped: 1 },
      { rule: 'health', point: 1, kept: 0, dropped: 1 },
    ]);
  });

  it('tells the first decision on traces, with all digits of R', async () => {
    const first = await reader().first([idOf('a1'), idOf('d1'), idOf('ffff')]);
    expect(first.toSorted((a, b) => (a.traceId < b.traceId ? -1 : 1))).toEqual([
      expect.objectContaining({ traceId: idOf('a1'), firstDecision: 'kept', startNs: String(at(100)) }),
      expect.objectContaining({
        traceId: idOf('d1'),
        firstDecision: 'dropped',
        firstRule: 'rest',
        thresholdHex: '40000000000000',
        randomnessHex: R_OF_D1,
      }),
    ]);
  });

  it('adds up what was kept, late spans included, and what was dropped', async () => {
    const { kept, dropped } = await reader().amounts(RANGE);
    expect(kept.toSorted((a, b) => (a.rule < b.rule ? -1 : 1))).toEqual([
      { rule: 'errors', rootService: 'shop', traceTotal: 1, spanTotal: 3, byteTotal: 300 },
      { rule: 'rest', rootService: 'shop', traceTotal: 1, spanTotal: 1, byteTotal: 100 },
    ]);
    expect(dropped.toSorted((a, b) => (a.rule < b.rule ? -1 : 1))).toMatchObject([
      { rule: 'health', rootService: 'home', traceTotal: 1, unseenTraces: 1, unseenSpans: 1, unseenBytes: 100 },
      { rule: 'rest', rootService: 'home', traceTotal: 1, spanTotal: 3, unseenTraces: 0, unseenSpans: 0 },
    ]);
  });

  it('chooses kept traces by their hashes', async () => {
    const kept = await reader().keptByHash(RANGE, 10);
    expect(kept.map(({ traceId }) => traceId).toSorted()).toEqual([idOf('a1'), idOf('a2')]);
    expect(kept.map(({ hash }) => BigInt(hash))).toEqual(
      kept.map(({ hash }) => BigInt(hash)).toSorted((a, b) => (a < b ? -1 : 1)),
    );
    expect(kept.find(({ traceId }) => traceId === idOf('a1'))).toMatchObject({
      spans: 3,
      bytes: 300,
      adjustedCount: 1,
    });
    expect(await reader().keptByHash(RANGE, 1)).toEqual(kept.slice(0, 1));
  });
}
