// What a reader of logs answers, whatever holds them: asked of the world in world.ts.
import { expect, it } from 'vitest';
import { parseSearch } from '#proto/search/parse.ts';
import type { LogFilter, LogReader, StoredLog } from '#query/store/logs/contract.ts';
import type { Page } from '#query/store/page.ts';
import { at, idOf, NS_PER_MS, RANGE, spanIdOf } from './world.ts';

const that = (text: string): Partial<LogFilter> => ({ where: parseSearch(text) });

export function logsContract(reader: () => LogReader): void {
  const bodies = async (filter: Partial<LogFilter>): Promise<string[]> => {
    const { rows } = await reader().search({ range: RANGE, ...filter }, { limit: 10 });
    return rows.map(({ body }) => body.split(' ').at(-1)!).toSorted();
  };

  it('tells everything of a record', async () => {
    const { rows } = await reader().search({ range: RANGE, service: 'shop' }, { limit: 10 });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      timeNs: String(at(10)),
      observedNs: String(at(10)),
      service: 'shop',
      severity: 9,
      severityText: 'S',
      body: 'Order placed',
      bodyType: 'string',
      traceId: idOf('a1'),
      spanId: spanIdOf(''),
      adjustedCount: 1,
      attributes: [{ key: 'order', type: 'string', value: '1' }],
      resourceId: '18446744073709551615',
    });
    const [resource] = await reader().resources(rows.map(({ resourceId }) => resourceId));
    expect(resource?.attributes.at(-1)).toEqual({ key: 'zone', type: 'string', value: 'a' });
  });

  it('goes by pages, newest first, also where times are equal', async () => {
    const times: string[] = [];
    const seen = new Set<string>();
    let page: Page<StoredLog> | undefined;
    do {
      page = await reader().search({ range: RANGE }, { limit: 1, after: page?.next });
      for (const { timeNs, body } of page.rows) {
        times.push(timeNs);
        seen.add(body);
      }
    } while (page.next !== undefined && times.length < 10);
    expect([times, seen.size]).toEqual([[at(20), at(20), at(10)].map(String), 3]);
  });

  it.each<readonly [Partial<LogFilter>, readonly string[]]>([
    [{}, ['bank', 'placed', 'retry']],
    [{ minSeverity: 17 }, ['bank']],
    [{ traceId: idOf('a1') }, ['bank', 'placed']],
    [that('ORDER'), ['bank', 'placed']],
    [that('order refused'), ['bank']],
    [that('order="1"'), ['placed']],
    [that('service.name=pay'), ['bank', 'retry']],
    [that('order="1" service.name=pay'), []],
    [that(`"' OR 1 --"`), []],
    [that('order not refused'), ['placed']],
    [that('exists(order) or service=nobody'), ['placed']],
  ])('holds to filter %#', async (filter, expected) => {
    expect(await bodies(filter)).toEqual(expected);
  });

  it('counts over time, weighted', async () => {
    const counts = await reader().histogram({ range: RANGE }, 20n * NS_PER_MS);
    expect(counts).toEqual([
      { point: 0, records: 1, errors: 0 },
      // 1 + 2.5 records, rounded to even.
      { point: 1, records: 4, errors: 1 },
    ]);
  });
}
