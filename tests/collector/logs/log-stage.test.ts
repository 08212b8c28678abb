// Sampling of logs through the stage: kept as their trace is, errors always, every record accounted for, weights that add up to the truth.
import { expect, test } from 'vitest';
import type { LogSampling } from '#collector/logs/log-sampler.ts';
import { parseProbability } from '#proto/model/threshold.ts';
import { IdentityKeeper } from '#collector/rows/identity-keeper.ts';
import { LogStage } from '#collector/logs/log-stage.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { SignalLedger } from '#collector/self/ledger.ts';
import type { Block } from '#collector/store/block.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const Request = otlpType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest');
const NOW_MS = 1_700_000_000_000;
const INFO = 9;
const ERROR = 17;

interface Row {
  readonly weight: number;
  readonly traceId: string;
  readonly severity: number;
}

interface Record {
  readonly traceId?: string;
  readonly severityNumber: number;
  readonly body: string;
}

/** The rows of a block of logs, as far as they matter here. */
function rowsOf(block: Block): Row[] {
  const column = (name: string, type: string): number => {
    const header = Buffer.concat([
      Buffer.from([name.length]),
      Buffer.from(name),
      Buffer.from([type.length]),
      Buffer.from(type),
    ]);
    const at = block.bytes.indexOf(header);
    if (at < 0) throw new Error(`the block has no ${name} of type ${type}`);
    return at + header.length;
  };
  const weights = column('weight', 'Float64');
  const ids = column('trace_id', 'FixedString(16)');
  const severities = column('severity', 'UInt8');
  return Array.from({ length: block.rows }, (_, i) => ({
    weight: block.bytes.readDoubleLE(weights + i * 8),
    traceId: block.bytes.toString('hex', ids + i * 16, ids + i * 16 + 16),
    severity: block.bytes[severities + i]!,
  }));
}

function run(sampling: LogSampling, records: readonly Record[], stores = true): { rows: Row[]; ledger: SignalLedger } {
  const memory = createSpanMemory(16, 1);
  const ledger = new SignalLedger();
  const tables = new StoreTables();
  const stage = new LogStage(
    memory,
    ledger,
    sampling,
    stores ? { tables, identities: new IdentityKeeper(memory, tables) } : undefined,
  );
  const logRecords = records.map(({ traceId, severityNumber, body }) => ({
    severityNumber,
    body: { stringValue: body },
    timeUnixNano: '1700000000000000000',
    ...(traceId !== undefined && { traceId: Buffer.from(traceId, 'hex') }),
  }));
  const body = Buffer.from(
    Request.encode(Request.fromObject({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })).finish(),
  );
  const answer = stage.accept(
    { signal: 'logs', body, transport: 'http', encoding: 'protobuf', deadlineMs: Infinity },
    NOW_MS,
  );
  expect(answer).toMatchObject({ kind: 'accepted', rejected: 0 });
  const block = tables.logs.cutBlock(1);
  return { rows: block === undefined ? [] : rowsOf(block), ledger };
}

/** A repeatable stream of trace ids. */
function ids(seed: number): () => string {
  let state = seed;
  return () =>
    Array.from({ length: 4 }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      return (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0).toString(16).padStart(8, '0');
    }).join('');
}

test('by default every record is kept and stands for itself', () => {
  const { rows, ledger } = run({ keep: 1, always: 'error' }, [
    { severityNumber: INFO, body: 'a' },
    { severityNumber: ERROR, body: 'b', traceId: '01'.repeat(16) },
  ]);
  expect(rows.map((row) => row.weight)).toEqual([1, 1]);
  expect(ledger.sampledOutTotal).toBe(0);
});

test('records are kept exactly where a trace of the same id would be, all of a trace or none', () => {
  const next = ids(3);
  const traces = Array.from({ length: 500 }, next);
  const { rows } = run(
    { keep: 0.2, always: 'error' },
    traces.flatMap((traceId) => [1, 2, 3].map((n) => ({ traceId, severityNumber: INFO, body: `record ${n}` }))),
  );
  const threshold = parseProbability('20%')!;
  const least = threshold.hi.toString(16).padStart(7, '0') + threshold.lo.toString(16).padStart(7, '0');
  const expected = traces.filter((traceId) => traceId.slice(18) >= least);
  expect(expected.length).toBeGreaterThan(50);
  expect(rows.map((row) => row.traceId)).toEqual(expected.flatMap((traceId) => [traceId, traceId, traceId]));
  for (const row of rows) expect(row.weight).toBeCloseTo(5, 12);
});

test('errors are always kept and stand for themselves; what is left out is counted under the rule "logs"', () => {
  const records = Array.from({ length: 100 }, (_, i) => ({
    severityNumber: i % 10 === 0 ? ERROR + (i % 4) : INFO,
    body: `record ${i}`,
  }));
  const { rows, ledger } = run({ keep: 0, always: 'error' }, records);
  expect(rows.map((row) => row.weight)).toEqual(Array.from({ length: 10 }, () => 1));
  expect(ledger).toMatchObject({ receivedTotal: 100, sampledOutTotal: 90, open: 10 });
  expect(ledger.sampledOutByRule()).toEqual([['logs', 90]]);
  expect(run({ keep: 0, always: 'none' }, records).rows).toEqual([]);
  expect(run({ keep: 0.5, always: 'error' }, records, false).ledger).toMatchObject({
    receivedTotal: 100,
    open: 0,
    stored: 0,
  });
});

test('a record without a trace has the hash of its bytes for randomness: the same record, the same answer', () => {
  const records = Array.from({ length: 1000 }, (_, i) => ({ severityNumber: INFO, body: `user ${i} logged in` }));
  const first = run({ keep: 0.5, always: 'error' }, records);
  const second = run({ keep: 0.5, always: 'error' }, records.toReversed());
  expect(first.rows.length).toBe(second.rows.length);
  expect(Math.abs(first.rows.length - 500)).toBeLessThan(3.5 * Math.sqrt(250));
});

test.each([[0.5], [0.1], [0.01]])('sums of weights are unbiased over 200 seeds: keep %d', (keep) => {
  const errors: number[] = [];
  for (let seed = 0; seed < 200; seed++) {
    const next = ids(Math.imul(seed + 1, 0x9e3779b1));
    const records = Array.from({ length: 600 }, (_, i) => ({
      severityNumber: i % 20 === 0 ? ERROR : INFO,
      body: `seed ${seed} request ${i} took ${i % 7} ms`,
      ...(i % 2 === 0 && { traceId: next() }),
    }));
    const { rows, ledger } = run({ keep, always: 'error' }, records);
    expect(rows.length + ledger.sampledOutTotal).toBe(600);
    expect(rows.filter((row) => row.severity === ERROR && row.weight === 1)).toHaveLength(30);
    errors.push(rows.reduce((sum, row) => sum + row.weight, 0) / 600 - 1);
  }
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const standardError = Math.sqrt(
    errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (errors.length - 1) / errors.length,
  );
  expect(Math.abs(mean)).toBeLessThanOrEqual(3 * standardError);
});
