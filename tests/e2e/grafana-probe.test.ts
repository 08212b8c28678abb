// What Grafana's Prometheus data source sends, in its order and form, to the running product over ClickHouse.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remoteWrite, type WrittenSeries } from '#tests/support/remote-write.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';

/** On a step of the panel. */
const END_S = Math.floor(Date.now() / 60_000) * 60;
const START_S = END_S - 600;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

function samples(value: (at: number) => number): [number, string][] {
  return Array.from({ length: 41 }, (_, at) => [(START_S + 15 * at) * 1000, String(value(at))]);
}

const SERIES: readonly WrittenSeries[] = [
  ...['0.1', '1', '+Inf'].map((le, place): WrittenSeries => ({
    labels: { __name__: 'request_seconds_bucket', service: 'shop', le },
    samples: samples((at) => at * (place + 1)),
    metadata: { type: 'histogram', help: 'Time of a request.', unit: 'seconds' },
    exemplars: le === '1' ? [{ labels: { trace_id: TRACE_ID }, value: 0.7, timeMs: (START_S + 60) * 1000 }] : [],
  })),
  { labels: { __name__: 'up', service: 'shop', 'net.zone': 'eu' }, samples: samples(() => 1) },
  { labels: { __name__: 'up', service: 'pay', 'net.zone': 'us' }, samples: samples(() => 0) },
];

interface Answer {
  readonly status: string;
  readonly data: unknown;
  readonly warnings?: readonly string[];
}

let winnow: RunningWinnow;
beforeAll(async () => {
  winnow = await RunningWinnow.start();
  const { status } = await remoteWrite(winnow.addresses['otlp_http']!, 2, SERIES);
  if (status !== 204) throw new Error(`remote write was answered ${status}`);
  await winnow.settled();
});
afterAll(() => winnow.stop());

/** A data source is given the address of a server, with or without a path. */
describe.each(['', '/prometheus'])('a data source at %s', (prefix) => {
  const ask = async (
    method: 'GET' | 'POST',
    path: string,
    params: readonly (readonly [string, string])[] = [],
  ): Promise<Answer> => {
    const body = new URLSearchParams();
    for (const [name, value] of params) body.append(name, value);
    const url = `http://${winnow.addresses['http']}${prefix}/api/v1/${path}`;
    const headers = { accept: 'application/json, text/plain, */*', 'x-grafana-user': 'admin' };
    const response =
      method === 'GET'
        ? await fetch(body.size === 0 ? url : `${url}?${body.toString()}`, { headers })
        : await fetch(url, { method: 'POST', body, headers });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.status).toBe(200);
    const answer = (await response.json()) as Answer;
    expect(answer.status).toBe('success');
    return answer;
  };
  /** Grafana snaps its times to minutes. */
  const range: readonly [string, string][] = [
    ['start', String(START_S)],
    ['end', String(END_S)],
  ];

  it('is tested and saved', async () => {
    const sum = await ask('POST', 'query', [
      ['query', '1+1'],
      ['time', '4'],
    ]);
    expect(sum.data).toEqual({ resultType: 'scalar', result: [4, '2'] });
    const { data } = await ask('GET', 'status/buildinfo');
    // From 2.24 on labels take match[]; with a list of features Grafana would take this for Mimir.
    expect(data).toMatchObject({ version: expect.stringMatching(/^3\./) as string });
    expect(data).not.toHaveProperty('features');
  });

  it('is loaded: recording rules, and whether there are exemplars, with times in milliseconds', async () => {
    expect((await ask('GET', 'rules')).data).toMatchObject({ groups: [] });
    const exemplars = await ask('GET', 'query_exemplars', [
      ['query', 'test'],
      ['start', String(START_S * 1000)],
      ['end', String(END_S * 1000)],
    ]);
    expect(exemplars.data).toEqual([]);
  });

  it('fills the editor: names, their metadata, labels', async () => {
    expect((await ask('GET', 'label/__name__/values', range)).data).toEqual(['request_seconds_bucket', 'up']);
    expect((await ask('GET', 'metadata')).data).toMatchObject({
      request_seconds: [{ type: 'histogram', help: 'Time of a request.' }],
    });
    expect((await ask('POST', 'labels', range)).data).toEqual(['__name__', 'le', 'net.zone', 'service']);
  });

  it('fills the builder: labels and values of a selector, names that are no identifiers escaped, series', async () => {
    const match: readonly [string, string][] = [['match[]', 'up{service="shop"}'], ...range];
    expect((await ask('POST', 'labels', match)).data).toEqual(['__name__', 'net.zone', 'service']);
    expect((await ask('GET', 'label/U__net_2e_zone/values', match)).data).toEqual(['eu']);
    expect((await ask('GET', 'label/service/values', [['match[]', '{__name__="up"}'], ...range])).data).toEqual([
      'pay',
      'shop',
    ]);
    const series = await ask('POST', 'series', [...match, ['limit', '40000']]);
    expect(series.data).toEqual([{ __name__: 'up', service: 'shop', 'net.zone': 'eu' }]);
    expect(
      (
        await ask('GET', 'series', [
          ['match[]', 'up'],
          ['limit', '1'],
        ])
      ).warnings,
    ).toEqual(['results truncated due to limit']);
  });

  it('draws a panel with exemplars', async () => {
    const expr = 'histogram_quantile(0.95, sum by (le) (rate(request_seconds_bucket{service=~"shop|pay"}[1m0s])))';
    const panel = await ask('POST', 'query_range', [
      ['query', expr],
      ['start', String(START_S)],
      ['end', `${END_S}.000`],
      ['step', '60'],
      ['timeout', '20s'],
    ]);
    expect(panel.data).toMatchObject({ resultType: 'matrix', result: [{ metric: {} }] });
    const instant = await ask('POST', 'query', [
      ['query', 'sum by (service) (up)'],
      ['time', String(END_S)],
    ]);
    expect(instant.data).toMatchObject({
      resultType: 'vector',
      result: expect.arrayContaining([
        { metric: { service: 'shop' }, value: [END_S, '1'] },
        { metric: { service: 'pay' }, value: [END_S, '0'] },
      ]) as unknown,
    });
    const exemplars = await ask('GET', 'query_exemplars', [['query', expr], ...range]);
    expect(exemplars.data).toEqual([
      {
        seriesLabels: { __name__: 'request_seconds_bucket', service: 'shop', le: '1' },
        exemplars: [{ labels: { trace_id: TRACE_ID }, value: '0.7', timestamp: START_S + 60 }],
      },
    ]);
  });

  it('shows the alerting pages', async () => {
    expect((await ask('GET', 'rules', [['type', 'alert']])).data).toMatchObject({ groups: [] });
    expect((await ask('GET', 'alerts')).data).toEqual({ alerts: [] });
  });
});
