// What a reader of traces answers, whatever holds them: asked of the world in world.ts.
import { wordsOf } from '#tests/support/answer-paths.ts';
import { describe, expect, it } from 'vitest';
import { parseSearch } from '#proto/search/parse.ts';
import { printSearch } from '#proto/search/print.ts';
import type { Page } from '#query/store/page.ts';
import type { TraceFilter, TraceReader, TraceSummary } from '#query/store/traces/contract.ts';
import { at, idOf, LINKS, NS_PER_MS, RANGE, spanIdOf, START_NS, TRACES } from './world.ts';

const RANGED: TraceFilter = { range: RANGE };
const NOBODY = idOf('ffff');
const that = (text: string): Partial<TraceFilter> => ({ where: parseSearch(text) });

/** Place of an id among words. */
function rowOf(ids: Uint32Array, id: string): number {
  const [low, high] = wordsOf([id]);
  for (let row = 0; 2 * row < ids.length; row++) if (ids[2 * row] === low && ids[2 * row + 1] === high) return row;
  return -1;
}

export function tracesContract(reader: () => TraceReader): void {
  const found = async (filter: Partial<TraceFilter>): Promise<string[]> => {
    const { rows } = await reader().search({ ...RANGED, ...filter }, 'newest', { limit: 10 });
    return rows.map(({ traceId }) => traceId.replace(/^0*/, ''));
  };

  describe('search', () => {
    it('tells everything of a summary', async () => {
      const { rows, next } = await reader().search({ ...RANGED, ...that('rule=errors') }, 'newest', { limit: 1 });
      expect(next).toBeUndefined();
      expect(rows).toHaveLength(1);
      expect({ ...rows[0], serviceSpans: rows[0]!.serviceSpans.toSorted((a, b) => a.spans - b.spans) }).toEqual({
        traceId: idOf('a1'),
        startNs: String(START_NS),
        placeNs: String(START_NS),
        durationNs: 10e6,
        rootService: 'shop',
        rootName: 'buy',
        spanCount: 3,
        errorCount: 1,
        rootPresent: true,
        missingParents: 0,
        serviceSpans: [
          { service: 'pay', spans: 1 },
          { service: 'shop', spans: 2 },
        ],
        rule: 'errors',
        trigger: 'complete',
        adjustedCount: 1,
        warningKinds: ['cycle'],
      });
    });

    it.each([
      ['newest', ['a3', 'a2', 'a1']],
      ['slowest', ['a2', 'a3', 'a1']],
    ] as const)('goes by pages of one trace, the %s first', async (order, expected) => {
      const ids: string[] = [];
      let page: Page<TraceSummary> | undefined;
      do {
        page = await reader().search(RANGED, order, { limit: 1, after: page?.next });
        ids.push(...page.rows.map(({ traceId }) => traceId.replace(/^0*/, '')));
      } while (page.next !== undefined && ids.length < 10);
      expect(ids).toEqual(expected);
    });

    it.each<readonly [Partial<TraceFilter>, readonly string[]]>([
      [{}, ['a3', 'a2', 'a1']],
      [{ range: { startNs: START_NS, endNs: START_NS + 1n } }, ['a1']],
      [{ range: { startNs: START_NS + 1n, endNs: at(1000) } }, []],
      [that('service=pay'), ['a1']],
      [that('name=browse'), ['a3', 'a2']],
      [that('name=browse service=home'), ['a3']],
      [that('name=charge service=shop'), []],
      [that('root.service=shop'), ['a2', 'a1']],
      [that('root.name=browse'), ['a3', 'a2']],
      [that('trace.duration>=20ms'), ['a3', 'a2']],
      [that('trace.duration>=20ms trace.duration<=20ms'), ['a3']],
      [that('trace.duration<=0'), []],
      [that('trace.errors>0'), ['a1']],
      [that('trace.errors=0'), ['a3', 'a2']],
      [that('rule=errors'), ['a1']],
      [that('user=ann'), ['a3', 'a1']],
      [that('user=bob n=5'), ['a1']],
      [that('user=ann n=5'), []],
      [that('any(user=ann) any(n=5)'), ['a1']],
      [that('zone=a'), ['a2', 'a1']],
      [that(`user="ann' OR 1"`), []],
      [{ traceId: idOf('a2') }, ['a2']],
    ])('holds to filter %#', async (filter, expected) => {
      expect(await found(filter)).toEqual(expected);
    });
  });

  it('adds up what traces stand for', async () => {
    const totals = await reader().totals(RANGED);
    expect(totals).toMatchObject({ kept: 3, standsFor: 9 });
    expect(totals.standardError).toBeCloseTo(Math.sqrt(4 * 3 * 2));
    expect(await reader().totals({ ...RANGED, ...that('rule=none') })).toEqual({
      kept: 0,
      standsFor: 0,
      standardError: 0,
      spans: { kept: 0, standsFor: 0 },
    });
  });

  it('counts over time and duration', async () => {
    expect(await reader().heatmap(RANGED, 1000n * NS_PER_MS)).toEqual([
      { column: 0, band: 16, kept: 1, standsFor: 1, errors: 1 },
      { column: 1, band: 17, kept: 2, standsFor: 8, errors: 0 },
    ]);
  });

  it.each([
    ['service', 'service=shop', ['service=shop', 'service=home', 'service=pay']],
    ['operation', '', ['root.name=browse', 'root.name=buy']],
    ['operation', 'service=shop', ['name=browse', 'name=buy']],
    ['errors', '', ['trace.errors=0', 'trace.errors>0']],
    ['rule', '', ['rule=rest', 'rule=errors']],
  ] as const)('lists the values of %s where %s, what stands for most traces first', async (of, text, conditions) => {
    const filter = { ...RANGED, ...(text.startsWith('service') && of === 'service' ? {} : that(text)) };
    const all = await reader().facet(filter, { facet: { of }, limit: 10 });
    expect(all.values.map(({ condition }) => printSearch(condition))).toEqual(conditions);
    expect(all.distinct).toBe(conditions.length);
    const one = await reader().facet(filter, { facet: { of }, limit: 1 });
    expect(one).toEqual({ values: all.values.slice(0, 1), distinct: all.distinct });
  });

  it.each(['', 'service=shop', 'user=ann', 'trace.errors=0', 'not user=bob'])(
    'has as many traces for a value as the list has when it is added to: %s',
    async (text) => {
      const facets = [
        ...(['service', 'operation', 'errors', 'rule'] as const).map((of) => ({ of })),
        ...['user', 'n', 'zone', 'service.name'].map((key) => ({ of: 'attribute' as const, key })),
      ];
      for (const facet of facets) {
        const { values } = await reader().facet({ ...RANGED, ...that(text) }, { facet, limit: 10 });
        for (const { condition, kept, standsFor } of values) {
          const added = `${text} ${printSearch(condition)}`;
          const totals = await reader().totals({ ...RANGED, ...that(added) });
          expect([totals.kept, totals.standsFor], added).toEqual([kept, standsFor]);
        }
      }
    },
  );

  it('lists the values of an attribute that have something in them, and the keys most used', async () => {
    const { values } = await reader().facet(RANGED, {
      facet: { of: 'attribute', key: 'user' },
      limit: 5,
      contains: 'AN',
    });
    expect(values.map(({ value }) => value)).toEqual(['ann']);
    const keys = await reader().attributeKeys(RANGED, 5);
    expect(keys.map(({ key }) => key)).toContain('user');
  });

  it('adds up critical paths, weighted', async () => {
    const pathNs = 9e6 + 4 * 30e6 + 4 * 20e6;
    expect(await reader().pathTotals(RANGED)).toEqual({
      kept: 3,
      standsFor: 9,
      durationNs: 10e6 + 4 * 30e6 + 4 * 20e6,
      pathNs,
    });
    const operations = await reader().pathOperations(RANGED, 2);
    expect(operations).toEqual([
      expect.objectContaining({ service: 'shop', name: 'browse', onPathNs: 120e6, exampleTraceId: idOf('a2') }),
      expect.objectContaining({ service: 'home', name: 'browse', onPathNs: 80e6, selfNs: 4, dragNs: 8, spans: 4 }),
    ]);
    expect(operations[0]).toMatchObject({ onPathTraces: 4, offPathTraces: 0, slackNs: 0 });
  });

  describe('one trace', () => {
    it('comes whole', async () => {
      const trace = (await reader().trace(idOf('a1')))!;
      const { spans } = trace;
      const row = rowOf(spans.id, spanIdOf('2'));
      expect({
        count: spans.count,
        parent: rowOf(spans.parentId, spanIdOf('1')),
        operation: spans.operations[spans.operation[row]!],
        kind: spans.kind[row],
        status: spans.status[row],
        start: BigInt(spans.originNs) + BigInt(spans.startNs[row]!),
        durationNs: spans.durationNs[row],
        skewNs: spans.skewNs[row],
        skewErrorNs: spans.skewErrorNs[row],
        resource: spans.resourceIds[spans.resource[row]!],
        scope: spans.scopeIds[spans.scope[row]!],
        counts: [spans.attributeCount[row], spans.eventCount[row], spans.linkCount[row]],
      }).toEqual({
        count: 2,
        parent: row,
        operation: { service: 'pay', name: 'charge' },
        kind: 2,
        status: 0,
        start: BigInt(at(1)),
        durationNs: 9e6,
        skewNs: 0,
        skewErrorNs: 0,
        resource: '7',
        scope: '5',
        counts: [2, 1, 1],
      });
      expect([...spans.parentId.subarray(2 * (1 - row), 2 * (1 - row) + 2)]).toEqual([0, 0]);
      expect(trace.summary).toMatchObject({
        traceId: idOf('a1'),
        thresholdHex: '00000000000001',
        hostOffsets: [{ host: 'h', offsetNs: 5, errorNs: 1 }],
        criticalPath: [{ service: 'pay', ns: 9e6 }],
        spanRepeats: [
          { firstSpanId: spanIdOf('ff'), service: 'shop', name: 'SELECT', spans: 3, totalNs: 30, spanNs: 60 },
        ],
      });
      expect(trace.summary.warningSpans.map(({ spanId }) => spanId).toSorted()).toEqual(['x', 'y']);
      expect(Object.fromEntries(trace.resources.map(({ id, service }) => [id, service]))).toEqual({
        '18446744073709551615': 'shop',
        '7': 'pay',
      });
      expect(trace.scopes).toEqual([{ id: '5', name: 'lib', version: '1', schemaUrl: '', attributes: [] }]);
      expect(trace.inboundLinks.map(({ sourceTraceId }) => sourceTraceId)).toEqual([idOf('b2'), idOf('b1')]);
      expect(trace.inboundLinks[1]).toEqual({
        targetSpanId: spanIdOf('1'),
        sourceTraceId: idOf('b1'),
        sourceSpanId: spanIdOf('b'),
        sourceService: 'audit',
        sourceName: 'batch',
        sourceStartNs: String(LINKS[0].startNs),
      });
      expect(trace.linkMessages.map((message) => Buffer.from(message).toString('hex'))).toEqual(['0a02aabb']);
    });

    it('leaves out a resource that is not stored', async () => {
      const trace = (await reader().trace(idOf('a3')))!;
      expect([trace.spans.resourceIds, trace.resources]).toEqual([['404'], []]);
    });

    it('is undefined when nothing of it is stored', async () => {
      expect(await reader().trace(NOBODY)).toBeUndefined();
      expect(await reader().storedCounts(NOBODY)).toBeUndefined();
    });
  });

  it('tells spans in full, of several traces and of one id', async () => {
    const traceIds = [idOf('a2'), idOf('a1'), NOBODY];
    const all = await reader().spans({ traceIds, order: 'start' });
    expect(all.map(({ spanId }) => spanId)).toEqual(['1', '2', '3'].map(spanIdOf));
    const byIdentity = await reader().spans({ traceIds, order: 'identity' });
    expect(byIdentity.map(({ spanId }) => spanId)).toEqual(['2', '1', '3'].map(spanIdOf));
    const [span] = await reader().spans({ traceIds, spanId: spanIdOf('2'), order: 'start' });
    expect(span).toMatchObject({
      traceId: idOf('a1'),
      parentSpanId: spanIdOf('1'),
      durationText: '9000000',
      attributes: [
        { key: 'n', type: 'int', value: '5' },
        { key: 'user', type: 'string', value: 'bob' },
      ],
    });
    expect(span!.eventMessages.map((message) => Buffer.from(message).toString('hex'))).toEqual(['1201ff']);
    expect(await reader().spans({ traceIds: [NOBODY], order: 'start' })).toEqual([]);
  });

  it.each<readonly [string | undefined, string, readonly string[]]>([
    ['user', 'ann', ['1']],
    ['user', 'ANN', ['1']],
    ['user', '', ['1', '2']],
    ['n', '5', ['2']],
    ['zone', 'a', ['1']],
    ['user', 'an', []],
    [undefined, 'BO', ['2']],
    [undefined, 'zone', ['1']],
    ['user', "ann' OR 1", []],
    [undefined, '%', []],
    [undefined, '\\', []],
  ])('finds the spans of a trace by %s = %s', async (key, value, ids) => {
    const ofTrace = await reader().spansWith(idOf('a1'), { key, value }, 10);
    expect(ofTrace.toSorted()).toEqual(ids.map(spanIdOf));
    expect(await reader().spansWith(NOBODY, { key, value }, 10)).toEqual([]);
    expect((await reader().spansWith(idOf('a1'), { key, value }, 1)).length).toBe(Math.min(1, ids.length));
  });

  it('tells who links to traces, the first first, and as many as are wanted', async () => {
    expect(await reader().linkedFrom([idOf('a1')], 10)).toEqual([
      { traceId: idOf('b2'), service: 'mail', name: 'send' },
      { traceId: idOf('b1'), service: 'audit', name: 'batch' },
    ]);
    expect(await reader().linkedFrom([idOf('a1')], 1)).toHaveLength(1);
  });

  it('tells what is known by id alone', async () => {
    expect(await reader().heads([idOf('a2'), NOBODY])).toEqual([
      {
        traceId: idOf('a2'),
        rule: 'rest',
        rootService: 'shop',
        rootName: 'browse',
        startNs: String(at(1000)),
        durationNs: 30e6,
      },
    ]);
    expect(await reader().adjustedCounts(TRACES.slice(1, 2).map(({ id }) => idOf(id)))).toEqual([
      { traceId: idOf('a2'), adjustedCount: 4 },
    ]);
    expect(await reader().storedCounts(idOf('a1'))).toEqual({ spans: 3, lateSpans: 1 });
  });
}
