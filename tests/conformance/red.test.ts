// RED from the index alone equals what an independent program counted over the same captures: counts and buckets exactly.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { RedTable } from '#collector/derive/red/red-table.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { DEFAULT_BOUNDS_MS } from '#tests/support/default-bounds.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (kind) => `SPAN_KIND_${kind}`,
);
const STATUSES = ['UNSET', 'OK', 'ERROR'].map((status) => `STATUS_CODE_${status}`);

const captures = [
  ['hotel_load50', 'otlp/hotel_load50.otlp.pb.frames'],
  ['online-boutique-9min', 'otlp/online-boutique-9min.otlp.pb.frames'],
  ['train-ticket-12min', 'otlp/train-ticket-12min.otlp.pb.frames'],
  ['oteldb-k6-shop', 'otlp/captures/oteldb-k6-shop-traces.jsonl'],
  ['robotframework-otel', 'otlp/captures/robotframework-otel-traces.jsonl'],
] as const;

describeWithData('RED over a whole capture', () => {
  it.each(captures)('%s: every row, and no other', async (name, path) => {
    const memory = createSpanMemory(16, 7);
    const index = new RequestIndex(memory);
    const red = new RedTable({ capacity: 10_000, boundsMs: DEFAULT_BOUNDS_MS });
    for await (const request of readCapture(sharedData(path))) {
      if (request.signal !== 'traces') continue;
      expect(index.index(Buffer.from(request.bytes))).toBeUndefined();
      red.add(index.columns, index.count, memory.resources, 1000);
    }
    const found = new Map<string, number[]>();
    red.flush(2000, (series) => {
      const key = [
        memory.services.text(series.service),
        memory.names.text(series.name),
        KINDS[series.kind],
        STATUSES[series.status],
      ].join('\t');
      found.set(key, [series.calls, series.sumNs, ...series.buckets]);
    });
    const expected = expectedRows(name);
    expect([...found.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
    for (const [key, [calls, sumNs, ...buckets]] of expected) {
      const [foundCalls, foundSumNs, ...foundBuckets] = found.get(key)!;
      expect([key, foundCalls, ...foundBuckets]).toEqual([key, calls, ...buckets]);
      expect(Math.abs(foundSumNs! - sumNs!)).toBeLessThanOrEqual(sumNs! * 1e-9);
    }
  });
});

function expectedRows(capture: string): Map<string, number[]> {
  const [header, ...lines] = readFileSync(sharedData(`expected/red/${capture}/calls.csv`), 'utf8')
    .trimEnd()
    .split('\n')
    .map(csvFields);
  expect(header!.slice(6)).toEqual([...DEFAULT_BOUNDS_MS.map((bound) => `le_${bound}`), 'le_inf']);
  return new Map(lines.map((fields) => [fields.slice(0, 4).join('\t'), fields.slice(4).map(Number)]));
}

/** Fields of a CSV line; quoted ones may hold commas and doubled quotes. */
function csvFields(line: string): string[] {
  const fields: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g))
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
  return fields.map((field) => field.replace(/\r$/, ''));
}
