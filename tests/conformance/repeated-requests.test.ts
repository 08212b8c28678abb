// The same request again, to a real Winnow: at once, later, compressed, as JSON, after kill -9 of the collector once and twice. Counted once in the store,
// in RED and in the ledger, whatever the signal.
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { otlpType } from '../support/otlp-proto.ts';
import { RunningWinnow } from '../support/running-winnow.ts';

const TIMEOUT_MS = 300_000;
const PATHS = { trace: '/v1/traces', logs: '/v1/logs', metrics: '/v1/metrics' } as const;
type Kind = keyof typeof PATHS;
type Encoding = 'protobuf' | 'gzip' | 'json';

let spans = 0;

/** Requests that no other test has sent, as OTLP/JSON has them. */
function requestOf(kind: Kind, name: string): object {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: name } }] };
  const now = `${Date.now()}000000`;
  if (kind === 'logs')
    return {
      resourceLogs: [
        {
          resource,
          scopeLogs: [{ logRecords: [{ timeUnixNano: now, severityNumber: 9, body: { stringValue: name } }] }],
        },
      ],
    };
  if (kind === 'metrics')
    return {
      resourceMetrics: [
        {
          resource,
          scopeMetrics: [{ metrics: [{ name, gauge: { dataPoints: [{ timeUnixNano: now, asDouble: 5 }] } }] }],
        },
      ],
    };
  const traceId = (++spans).toString(16).padStart(32, 'c');
  const span = (spanId: string, parentSpanId: string): object => ({
    traceId,
    spanId,
    parentSpanId,
    name: 'op',
    kind: 2,
    startTimeUnixNano: now,
    endTimeUnixNano: `${Date.now()}500000`,
  });
  return {
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            spans: [
              span('1'.repeat(16), ''),
              span('2'.repeat(16), '1'.repeat(16)),
              span('3'.repeat(16), '1'.repeat(16)),
            ],
          },
        ],
      },
    ],
  };
}

function protobufOf(kind: Kind, request: object): Buffer {
  const type = otlpType(
    `opentelemetry.proto.collector.${kind}.v1.Export${kind[0]!.toUpperCase()}${kind.slice(1)}ServiceRequest`,
  );
  const text = JSON.stringify(request, (key, value: unknown) =>
    value === '' ? undefined : key.endsWith('Id') ? Buffer.from(String(value), 'hex').toString('base64') : value,
  );
  return Buffer.from(type.encode(type.fromObject(JSON.parse(text) as object)).finish());
}

/** Sends it until it is acknowledged. */
async function send(winnow: RunningWinnow, kind: Kind, request: object, encoding: Encoding): Promise<void> {
  const plain = encoding === 'json' ? Buffer.from(JSON.stringify(request)) : protobufOf(kind, request);
  const headers = {
    'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    ...(encoding === 'gzip' && { 'content-encoding': 'gzip' }),
  };
  await winnow.until(async () => {
    const answer = await fetch(`http://${winnow.addresses['otlp_http']}${PATHS[kind]}`, {
      method: 'POST',
      headers,
      body: new Uint8Array(encoding === 'gzip' ? gzipSync(plain) : plain),
    }).catch(() => undefined);
    await answer?.arrayBuffer();
    return answer?.ok === true ? true : undefined;
  });
}

async function sql(winnow: RunningWinnow, query: string): Promise<string> {
  const { host, username, password } = new URL(winnow.addresses['clickhouse']!);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const answer = await fetch(`http://${host}/?database=winnow&default_format=TabSeparated`, {
    method: 'POST',
    body: query,
    headers: { authorization },
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.text()).trim();
}

async function kill(winnow: RunningWinnow): Promise<void> {
  const back = (): RegExpMatchArray[] => [...winnow.log.matchAll(/collector is back \(process (\d+)\)/g)];
  const before = back();
  process.kill(Number(before.at(-1)?.[1] ?? winnow.addresses['collector_pid']), 'SIGKILL');
  await winnow.until(() => Promise.resolve(back().length > before.length ? true : undefined));
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it('is received once', { timeout: TIMEOUT_MS }, async () => {
  await using winnow = await RunningWinnow.start('red: { flush_every: 1s }\n');
  const kinds = Object.keys(PATHS) as Kind[];
  /** Each sends the first, then copies. */
  const cases: readonly (readonly [string, (again: (encoding: Encoding) => Promise<void>) => Promise<void>])[] = [
    [
      'at_once',
      async (again) => void (await Promise.all((['protobuf', 'gzip', 'json', 'protobuf'] as const).map(again))),
    ],
    [
      'later',
      async (again) => {
        await pause(4000);
        for (const encoding of ['json', 'gzip', 'protobuf'] as const) await again(encoding);
      },
    ],
    [
      'after_a_kill',
      async (again) => {
        await kill(winnow);
        await again('protobuf');
        await again('json');
      },
    ],
    [
      'after_two_kills',
      async (again) => {
        await kill(winnow);
        await pause(2000);
        await send(winnow, 'logs', requestOf('logs', 'other'), 'protobuf');
        await kill(winnow);
        await again('gzip');
      },
    ],
  ];
  for (const [name, copies] of cases) {
    const requests = new Map(kinds.map((kind) => [kind, requestOf(kind, `${name}_${kind}`)]));
    const each = (encoding: Encoding): Promise<unknown> =>
      Promise.all(kinds.map((kind) => send(winnow, kind, requests.get(kind)!, encoding)));
    await each('protobuf');
    await copies(async (encoding) => void (await each(encoding)));
  }
  await winnow.settled();
  await pause(2500); // RED of the last second
  const counts = async (query: string): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await sql(winnow, query))
        .split('\n')
        .map((line) => line.split('\t'))
        .map(([name, count]) => [name, Number(count)]),
    );
  const once = (kind: Kind, items: number): object =>
    Object.fromEntries(cases.map(([name]) => [`${name}_${kind}`, items]));
  expect(await counts("SELECT service, sum(calls) FROM red WHERE service LIKE '%_trace' GROUP BY 1")).toEqual(
    once('trace', 3),
  );
  expect(await counts("SELECT body, count() FROM logs WHERE body LIKE '%_logs' GROUP BY 1")).toEqual(once('logs', 1));
  expect(
    await counts(
      "SELECT name, count() FROM samples INNER JOIN series USING (id) WHERE name LIKE '%_metrics' GROUP BY 1",
    ),
  ).toEqual(once('metrics', 1));
  expect(
    await sql(
      winnow,
      "SELECT count(), uniqExact(trace_id, span_id) FROM spans WHERE startsWith(lower(hex(trace_id)), 'cccc')",
    ),
  ).toBe('12\t12');
  const metrics = await winnow.metrics();
  for (const signal of ['traces', 'logs', 'metrics'])
    expect(metrics).toContain(`winnow_repeated_requests_total{signal="${signal}"} 1`);
  expect(Number(/^winnow_request_window_seconds (\S+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
});
