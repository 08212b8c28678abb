// Reads columns out of the blocks that the simulated store took: ClickHouse's Native format, as far as the comparison needs it.
import type { StoredBlock } from './sim-store.ts';

/** Numbers of rows, by what they are. */
export interface StoredRows {
  /** Times each span, log record and point is there, by its number. */
  readonly spans: ReadonlyMap<number, number>;
  readonly logs: ReadonlyMap<number, number>;
  readonly points: ReadonlyMap<number, number>;
  /** Spans of each trace, by its id. */
  readonly traceSpans: ReadonlyMap<string, number>;
  /** Sums of `traces.span_count`, by trace id. */
  readonly traceCounts: ReadonlyMap<string, number>;
  readonly redCalls: number;
  /** Calls from a service to another. */
  readonly edgeCalls: number;
}

const LINE = / line(\d+)$/;

/** @param pointBase what is added to the number of a point to make its value */
export function storedRows(blocks: Iterable<StoredBlock>, pointBase: number): StoredRows {
  const rows = {
    spans: new Map<number, number>(),
    logs: new Map<number, number>(),
    points: new Map<number, number>(),
    traceSpans: new Map<string, number>(),
    traceCounts: new Map<string, number>(),
  };
  let redCalls = 0;
  let edgeCalls = 0;
  for (const { table, bytes } of blocks) {
    const count = rowsIn(bytes);
    if (table === 'spans') {
      const ids = columnAt(bytes, 'span_id', 'FixedString(8)');
      const traces = columnAt(bytes, 'trace_id', 'FixedString(16)');
      for (let row = 0; row < count; row++) {
        add(rows.spans, bytes.readUInt32BE(ids + row * 8 + 4), 1);
        add(rows.traceSpans, bytes.toString('hex', traces + row * 16, traces + row * 16 + 16), 1);
      }
    } else if (table === 'traces') {
      const traces = columnAt(bytes, 'trace_id', 'FixedString(16)');
      const counts = columnAt(bytes, 'span_count', 'UInt64');
      for (let row = 0; row < count; row++)
        add(
          rows.traceCounts,
          bytes.toString('hex', traces + row * 16, traces + row * 16 + 16),
          Number(bytes.readBigUInt64LE(counts + row * 8)),
        );
    } else if (table === 'logs') {
      let at = columnAt(bytes, 'body', 'String');
      for (let row = 0; row < count; row++) {
        const length = varintAt(bytes, at);
        const from = at + length.size;
        at = from + length.value;
        const match = LINE.exec(bytes.toString('latin1', from, at));
        if (match !== null) add(rows.logs, Number(match[1]), 1);
      }
    } else if (table === 'samples') {
      const values = columnAt(bytes, 'value', 'Float64');
      for (let row = 0; row < count; row++) {
        const value = bytes.readDoubleLE(values + row * 8);
        if (value >= pointBase) add(rows.points, value - pointBase, 1);
      }
    } else if (table === 'red') {
      redCalls += sumOf(bytes, 'calls', count);
    } else if (table === 'edges') {
      edgeCalls += sumOf(bytes, 'calls', count);
    }
  }
  return { ...rows, redCalls, edgeCalls };
}

/** Rows of a block: its second number. */
export function rowsIn(bytes: Buffer): number {
  return varintAt(bytes, varintAt(bytes, 0).size).value;
}

function sumOf(bytes: Buffer, column: string, count: number): number {
  const at = columnAt(bytes, column, 'UInt64');
  let sum = 0;
  for (let row = 0; row < count; row++) sum += Number(bytes.readBigUInt64LE(at + row * 8));
  return sum;
}

/** Where the data of a column begins. */
export function columnAt(bytes: Buffer, name: string, type: string): number {
  const head = Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([type.length]),
    Buffer.from(type),
  ]);
  const at = bytes.indexOf(head);
  if (at === -1) throw new Error(`a block has no column ${name} of type ${type}`);
  return at + head.length;
}

function varintAt(bytes: Buffer, at: number): { value: number; size: number } {
  let value = 0;
  let size = 0;
  for (;;) {
    const byte = bytes[at + size]!;
    value += (byte & 0x7f) * 2 ** (7 * size);
    size++;
    if (byte < 0x80) return { value, size };
  }
}

function add<K>(counts: Map<K, number>, key: K, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}
