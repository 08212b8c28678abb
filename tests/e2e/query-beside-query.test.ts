// Nobody waits for somebody else's query: short questions and pages are answered while more long queries run than may at a time.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remoteWrite } from '#tests/support/remote-write.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';

/** Minutes of work, without reading anything. */
const HEAVY = '/api/v1/query_range?query=sum_over_time(vector(1)[1h:1ms])&start=0&end=10000&step=1';
const NOW_MS = Date.now();

describe('queries', () => {
  let winnow: RunningWinnow;
  beforeAll(async () => {
    winnow = await RunningWinnow.start('query: {max_concurrency: 2}\n');
    const series = Array.from({ length: 10 }, (_, at) => ({
      labels: { __name__: 'up', instance: String(at) },
      samples: [[NOW_MS, '1']] as const,
    }));
    const { status } = await remoteWrite(winnow.addresses['otlp_http']!, 2, series);
    if (status !== 204) throw new Error(`remote write was answered ${status}`);
    await winnow.settled();
  });
  afterAll(() => winnow.stop());

  it('that are short are answered beside five long ones, and so are pages; a long one ends when its client has gone', async () => {
    const gone = new AbortController();
    let ended = 0;
    const heavy = Array.from({ length: 5 }, () =>
      fetch(`http://${winnow.addresses['http']}${HEAVY}`, { signal: gone.signal }).then(
        () => ended++,
        () => ended++,
      ),
    );
    for (let round = 0; round < 5; round++) {
      const found = await winnow.promql(`count(up @ ${NOW_MS / 1000})`);
      expect(found.map(({ value }) => value[1])).toEqual(['10']);
      expect(await winnow.api<{ services: unknown[] }>('/api/services')).toMatchObject({ services: [] });
    }
    expect(ended).toBe(0);
    gone.abort();
    await Promise.all(heavy);
    // With all threads free again a long query runs to its end: half a second of work.
    const range = await winnow.api<{ data: { result: { values: [number, string][] }[] } }>(
      '/api/v1/query_range?query=sum_over_time(vector(1)[10m:1ms])&start=0&end=3&step=1',
    );
    expect(range.data.result[0]?.values).toEqual([0, 1, 2, 3].map((at) => [at, '600000']));
  });

  it('say which limit they met', async () => {
    const answer = await fetch(`http://${winnow.addresses['http']}${HEAVY}&timeout=300ms`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      status: 'error',
      errorType: 'timeout',
      error: 'query timed out in expression evaluation',
    });
  });
});
