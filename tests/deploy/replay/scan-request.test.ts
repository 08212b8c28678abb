// The byte walk over a request: counting and moving times without decoding.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRequest } from '#deploy/replay/decode-request.ts';
import { encodeRequest } from '#deploy/replay/encode-request.ts';
import { RequestScan } from '#deploy/replay/scan-request.ts';
import { TraceCounter } from '#deploy/replay/trace-counter.ts';

const HEX_DIGITS = Array.from('0123456789abcdef');
const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...HEX_DIGITS), minLength: digits, maxLength: digits });
const time = fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String);
const span = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  name: fc.string(),
  startTimeUnixNano: time,
  endTimeUnixNano: time,
  attributes: fc.array(fc.record({ key: fc.string(), value: fc.record({ stringValue: fc.string() }) }), {
    maxLength: 3,
  }),
  events: fc.array(fc.record({ timeUnixNano: time, name: fc.string() }), { maxLength: 3 }),
});
const request = fc
  .array(fc.array(span, { maxLength: 4 }), { maxLength: 4 })
  .map((groups) => ({
    resourceSpans: groups.map((spans) => ({ resource: { attributes: [] }, scopeSpans: [{ scope: {}, spans }] })),
  }));

interface Times {
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  events?: { timeUnixNano?: string }[];
}

function timesOf(bytes: Uint8Array): bigint[] {
  const decoded = decodeRequest('traces', bytes) as { resourceSpans?: { scopeSpans: { spans?: Times[] }[] }[] };
  const spans = decoded.resourceSpans?.flatMap((group) => group.scopeSpans.flatMap((scope) => scope.spans ?? [])) ?? [];
  return spans
    .flatMap((s) => [s.startTimeUnixNano, s.endTimeUnixNano, ...(s.events ?? []).map((event) => event.timeUnixNano)])
    .map((text) => BigInt(text ?? 0));
}

describe('a scan of a trace request', () => {
  test('counts spans and distinct traces', () => {
    fc.assert(
      fc.property(request, (value) => {
        const spans = value.resourceSpans.flatMap((group) => group.scopeSpans.flatMap((scope) => scope.spans));
        const traces = new TraceCounter();
        const scan = new RequestScan(traces);
        scan.scan('traces', encodeRequest('traces', value));
        expect(scan.items).toBe(spans.length);
        expect(traces.size).toBe(new Set(spans.map(({ traceId }) => traceId)).size);
      }),
      { seed: 7 },
    );
  });

  test('moves every span and event time by exactly the offset and leaves unset times unset', () => {
    fc.assert(
      fc.property(request, fc.bigInt({ min: -(2n ** 40n), max: 2n ** 61n }), (value, offset) => {
        const bytes = encodeRequest('traces', value);
        const before = timesOf(bytes);
        new RequestScan().shift('traces', bytes, offset);
        expect(timesOf(bytes)).toEqual(before.map((ns) => (ns === 0n ? 0n : BigInt.asUintN(64, ns + offset))));
      }),
      { seed: 8 },
    );
  });

  test('finds the earliest and latest time', () => {
    const scan = new RequestScan();
    const spans = [
      { startTimeUnixNano: '2048000', endTimeUnixNano: '4096000' },
      { startTimeUnixNano: '0', endTimeUnixNano: '8192000' },
    ];
    scan.scan('traces', encodeRequest('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }));
    expect([scan.earliestNs, scan.latestNs]).toEqual([2_048_000, 8_192_000]);
  });

  test('refuses cut bytes instead of reading past the end', () => {
    const bytes = encodeRequest('traces', {
      resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'a', startTimeUnixNano: '5' }] }] }],
    });
    for (let length = 1; length < bytes.length; length++) {
      expect(() => new RequestScan().scan('traces', bytes.subarray(0, length))).toThrow(/malformed protobuf/u);
    }
  });
});

test('metric points and their exemplars move, log records too', () => {
  const scan = new RequestScan();
  const point = {
    startTimeUnixNano: '1000',
    timeUnixNano: '2000',
    asInt: '1',
    exemplars: [{ timeUnixNano: '1500', asDouble: 1 }],
  };
  const metrics = encodeRequest('metrics', {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', sum: { dataPoints: [point] } }] }] }],
  });
  scan.shift('metrics', metrics, 10n);
  expect(scan.items).toBe(1);
  expect(JSON.stringify(decodeRequest('metrics', metrics))).toContain('"timeUnixNano":"1510"');
  const logs = encodeRequest('logs', {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1', observedTimeUnixNano: '2' }] }] }],
  });
  scan.shift('logs', logs, 10n);
  expect(JSON.stringify(decodeRequest('logs', logs))).toContain('{"timeUnixNano":"11","observedTimeUnixNano":"12"}');
});
