// The binary form of a trace says what the JSON form says, of any trace: ids once, parents as rows, named parents that are no rows apart.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeTraceColumns,
  encodeTraceColumns,
  traceJson,
  type SpanTable,
  type TraceHeader,
} from '#proto/api/trace-columns.ts';

const SUMMARY: TraceHeader['summary'] = {
  trace_id: '0af7651916cd43dd8448eb211c80319c',
  start: '1700000000000000000',
  duration_ns: 5,
  root_service: 'süd 🚂',
  root_name: 'GET /',
  span_count: 1,
  error_count: 0,
  root_present: true,
  missing_parents: 0,
  services: [],
  rule: 'r',
  trigger: 'complete',
  weight: 1,
  warnings: [],
  threshold: '00000000000000',
  hosts: [],
  warning_spans: [],
  critical_path: [],
  end_to_end_ns: 5,
};
const HEADER: TraceHeader = {
  summary: SUMMARY,
  services: ['a', 'b'],
  names: ['x', 'y'],
  resources: [],
  scopes: [],
  inbound_links: [],
};

const word = fc.integer({ min: 1, max: 2 ** 32 - 1 });
const anySpan = fc.record({
  low: word,
  high: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  /** Above: a row; else none, or one that is no row. */
  up: fc.nat(),
  kindOfParent: fc.constantFrom('row', 'row', 'row', 'none', 'absent', 'cut'),
  start: fc.double({ min: -(2 ** 52), max: 2 ** 52, noNaN: true }).map(Math.round),
  duration: fc.nat(),
  skew: fc.integer(),
  small: fc.nat(65_535),
});

/** As the server makes it. */
const anyTable = fc.array(anySpan, { maxLength: 60 }).map((spans): SpanTable => {
  const parent = spans.map(({ up, kindOfParent }, row) => (row > 0 && kindOfParent === 'row' ? up % row : -1));
  const parentIds = spans.map(({ kindOfParent, low, high }, row) => {
    const up = parent[row]!;
    if (up >= 0) return [spans[up]!.low, spans[up]!.high];
    if (kindOfParent === 'absent') return [low ^ 0x55, high];
    // It named a row, and was cut off to break a circle.
    return kindOfParent === 'cut' ? [spans.at(-1)!.low, spans.at(-1)!.high] : [0, 0];
  });
  const small = Uint16Array.from(spans, ({ small: count }) => count);
  return {
    count: spans.length,
    id: Uint32Array.from(spans.flatMap(({ low, high }) => [low, high])),
    parentId: Uint32Array.from(parentIds.flat()),
    parent: Int32Array.from(parent),
    service: Uint32Array.from(spans, ({ up }) => up % 2),
    name: Uint32Array.from(spans, ({ up }) => up % 2),
    kind: Uint8Array.from(spans, ({ up }) => up % 6),
    status: Uint8Array.from(spans, ({ up }) => up % 3),
    startOffsetNs: Float64Array.from(spans, ({ start }) => start),
    durationNs: Float64Array.from(spans, ({ duration }) => duration),
    skewNs: Float64Array.from(spans, ({ skew }) => skew),
    skewErrorNs: Float64Array.from(spans, ({ skew }) => skew),
    resource: Int32Array.from(spans, () => -1),
    scope: Int32Array.from(spans, () => 0),
    attributeCount: small,
    eventCount: small,
    linkCount: small,
  };
});
const anyPieces = fc
  .array(fc.tuple(fc.nat(1000), fc.nat(), fc.nat()))
  .map((pieces) => ({
    row: pieces.map(([row]) => row),
    from_ns: pieces.map(([, from]) => from),
    to_ns: pieces.map(([, , to]) => to),
  }));

describe('columns', () => {
  it('say what JSON says', () => {
    fc.assert(
      fc.property(anyTable, anyPieces, fc.option(anyPieces, { nil: undefined }), (spans, path, raw) => {
        const paths = { critical_path: path, raw_critical_path: raw };
        const bytes = encodeTraceColumns(HEADER, spans, paths);
        const json: unknown = JSON.parse(JSON.stringify(traceJson(HEADER, spans, paths)));
        // Also from the middle of a buffer, as a network hands it over.
        const moved = new Uint8Array(bytes.length + 3);
        moved.set(bytes, 3);
        expect(JSON.parse(JSON.stringify(decodeTraceColumns(moved.subarray(3))))).toEqual(json);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it('are refused when they are cut short, or something else', () => {
    const spans = fc.sample(anyTable, { seed: 9, numRuns: 200 }).toSorted((a, b) => b.count - a.count)[0]!;
    const bytes = encodeTraceColumns(HEADER, spans, { critical_path: { row: [], from_ns: [], to_ns: [] } });
    for (const length of [0, 4, 7, bytes.length - 200])
      expect(() => decodeTraceColumns(bytes.subarray(0, length))).toThrow(/cut short|no columns/);
    expect(() => decodeTraceColumns(new TextEncoder().encode('{"error":{}}'))).toThrow('no columns');
  });
});
