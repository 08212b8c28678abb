// Every capture of the shared data, read, gives exactly the traces, spans, points and records that its manifest counts.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { RequestScan } from '#deploy/replay/scan-request.ts';
import { TraceCounter } from '#deploy/replay/trace-counter.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';
import { readSpans, type ReadSpan } from '#tests/support/read-spans.ts';

/** Rows that are no capture in one of the formats: storage models, API answers that are no traces, files without counts. */
const NO_CAPTURE =
  /w3c|sample_data|converters\/.*\/(?:domain|thrift|es_)|TraceFlamegraph|jaeger-integration\/(?:queries|.*traces_0)/u;

interface ManifestRow {
  file: string;
  traces?: number;
  spans?: number;
  items?: number;
}

function manifest(): ManifestRow[] {
  return readFileSync(sharedData('MANIFEST.csv'), 'utf8')
    .split('\n')
    .flatMap((line): ManifestRow[] => {
      const file = line.slice(0, line.indexOf(','));
      if (!/^(?:otlp|jaeger|zipkin)\//u.test(file) || NO_CAPTURE.test(file)) return [];
      const spans = /traces (\d+), spans (\d+)/u.exec(line);
      const items = /(\d+) (?:data points|log records)/u.exec(line);
      if (spans !== null) return [{ file, traces: Number(spans[1]), spans: Number(spans[2]) }];
      return items === null ? [] : [{ file, items: Number(items[1]) }];
    });
}

async function countsOf(file: string): Promise<ManifestRow> {
  const traces = new TraceCounter();
  const scan = new RequestScan(traces);
  let items = 0;
  let signal = 'traces';
  for await (const request of readCapture(sharedData(file))) {
    scan.scan(request.signal, request.bytes);
    items += scan.items;
    signal = request.signal;
  }
  return signal === 'traces' ? { file, traces: traces.size, spans: items } : { file, items };
}

async function spansOf(file: string): Promise<ReadSpan[]> {
  const spans: ReadSpan[] = [];
  for await (const { bytes } of readCapture(sharedData(file))) spans.push(...readSpans(bytes));
  return spans;
}

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const codes = ['UNSET', 'OK', 'ERROR'];

function callCounts(spans: ReadSpan[]): Record<string, string> {
  const calls = new Map<string, { count: number; ns: bigint }>();
  for (const span of spans) {
    const key = `${span.service},${span.name},SPAN_KIND_${kinds[span.kind]},STATUS_CODE_${codes[span.status?.code ?? 0]}`;
    const call = calls.get(key) ?? { count: 0, ns: 0n };
    call.count++;
    call.ns += BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
    calls.set(key, call);
  }
  return Object.fromEntries([...calls].map(([key, { count, ns }]) => [key, `${count},${ns}`]));
}

function expectedCalls(capture: string): Record<string, string> {
  const lines = readFileSync(sharedData(`expected/red/${capture}/calls.csv`), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  return Object.fromEntries(
    lines.map((line) => {
      const match = /^(?<key>.*?,SPAN_KIND_[A-Z]+,STATUS_CODE_[A-Z]+),(?<counts>\d+,\d+)/u.exec(unquoted(line));
      return [match?.groups?.['key'] ?? line, match?.groups?.['counts'] ?? ''];
    }),
  );
}

// A CSV line without its quotes; only names hold commas, and kinds tell where those end.
function unquoted(line: string): string {
  return line.replaceAll(/"((?:[^"]|"")*)"/gu, (_all, inner: string) => inner.replaceAll('""', '"'));
}

describeWithData('captures of the shared data', () => {
  test('give the counts of the manifest, every one of them', async () => {
    const rows = manifest();
    expect(rows.length).toBeGreaterThan(100);
    const read = [];
    for (const { file } of rows) read.push(await countsOf(file));
    expect(read).toEqual(rows);
  });

  test('hold the known sums: online-boutique 165,050 spans in 4,224 traces, train-ticket 45,964 in 644', async () => {
    expect(await countsOf('otlp/online-boutique-9min.otlp.pb.frames')).toMatchObject({ spans: 165_050, traces: 4224 });
    expect(await countsOf('otlp/train-ticket-12min.otlp.pb.frames')).toMatchObject({ spans: 45_964, traces: 644 });
  });

  test.each(['jaeger/hotel_load50.jsonl', 'otlp/hotel_load50.otlp.pb.frames'])(
    '%s has the expected calls by kind and status',
    async (file) => {
      expect(callCounts(await spansOf(file))).toEqual(expectedCalls('hotel_load50'));
    },
  );

  test.each([
    ['oteldb-k6-shop', 'otlp/captures/oteldb-k6-shop-traces.jsonl', 8],
    ['robotframework-otel', 'otlp/captures/robotframework-otel-traces.jsonl', 57],
  ])('%s has the expected calls and error spans', async (name, file, errors) => {
    const spans = await spansOf(file);
    expect(callCounts(spans)).toEqual(expectedCalls(name));
    expect(spans.filter((span) => span.status?.code === 2)).toHaveLength(errors);
  });

  test('the same hotel traces from Jaeger JSON and from frames are the same spans', async () => {
    const key = (span: ReadSpan): string =>
      [
        span.traceId,
        span.spanId,
        span.parentSpanId ?? '',
        span.startTimeUnixNano,
        span.endTimeUnixNano,
        span.name,
      ].join(' ');
    const fromJaeger = (await spansOf('jaeger/hotel_load50.jsonl')).map(key).toSorted();
    expect(fromJaeger).toEqual((await spansOf('otlp/hotel_load50.otlp.pb.frames')).map(key).toSorted());
  });

  test('zipkin error tags become error statuses', async () => {
    const spans = await spansOf('zipkin/messaging-kafka.json');
    expect(spans.filter((span) => span.status?.code === 2)).toHaveLength(3);
  });
});
