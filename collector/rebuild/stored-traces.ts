// What the thread asks ClickHouse of traces with late spans, and the heads that it makes of the answer: constant SQL, bound values, bounded work.
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { LASTING_WARNINGS } from '#collector/rows/trace-head.ts';
import { LoadedTraces } from './loaded-traces.ts';
import type { Rebuilt, RebuildTask, StoredTraceKey } from './messages.ts';
import { SPAN_ROW, SpanRowReader } from './span-rows.ts';

/** Spans of a trace that is put together; the page of a trace shows no more. */
const MAX_SPANS = 1_000_000;
/** Spans of small traces that are read at once. */
const MAX_SPANS_AT_ONCE = 100_000;
/** Traces that {@link findStale} names at most. */
export const MAX_FOUND = 1000;
const SETTINGS: ClickHouseSettings = {
  max_execution_time: 30,
  max_threads: 2,
  max_memory_usage: String(512 * 1024 * 1024),
  output_format_json_quote_64bit_integers: 0,
  output_format_json_named_tuples_as_objects: 1,
};
const IDS = '(SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))';
/** Rows lie by start: what is bound is where to look. */
const located = (start: string): string =>
  `trace_id IN ${IDS} AND has({starts:Array(Int64)}, toUnixTimestamp64Nano(${start})) AND ${start} >= fromUnixTimestamp64Nano({first:Int64}) AND ${start} <= fromUnixTimestamp64Nano({last:Int64})`;

interface StoredSummary {
  readonly id: string;
  readonly at: string;
  readonly spans: number;
  readonly lasting: readonly { readonly kind: string; readonly span_id: string }[];
}

/** In the order of the tasks. */
export async function rebuildStored(client: ClickHouseClient, tasks: readonly RebuildTask[]): Promise<Rebuilt[]> {
  const summaries = new Map((await readSummaries(client, tasks)).map((one) => [`${one.id} ${one.at}`, one]));
  const results = new Map<RebuildTask, Rebuilt>();
  let group: RebuildTask[] = [];
  let spans = 0;
  const finish = async (): Promise<void> => {
    for (const [task, result] of await rebuildGroup(client, group, summaries, spans)) results.set(task, result);
    group = [];
    spans = 0;
  };
  for (const task of tasks) {
    const { traceId, startNs } = task;
    const summary = summaries.get(keyOf(task));
    if (summary === undefined) results.set(task, { traceId, startNs, outcome: 'gone' });
    else if (summary.spans > MAX_SPANS) results.set(task, { traceId, startNs, outcome: 'too_large' });
    else {
      // A trace that was decided twice has two rows: each with spans of its own.
      const isThere = group.some((other) => other.traceId === traceId);
      if (group.length > 0 && (isThere || spans + summary.spans > MAX_SPANS_AT_ONCE)) await finish();
      group.push(task);
      spans += summary.spans;
    }
  }
  if (group.length > 0) await finish();
  return tasks.map((task) => results.get(task)!);
}

/** Traces with late spans whose head was made from fewer spans than there are, or never. */
export async function findStale(client: ClickHouseClient, sinceS: number): Promise<StoredTraceKey[]> {
  const stored = 'stored_at >= toDateTime({since:UInt32})';
  const result = await client.query({
    query: `SELECT lower(hex(trace_id)) AS traceId, toString(toUnixTimestamp64Nano(start)) AS startNs FROM (
        SELECT trace_id, start, sum(span_count) AS stored_spans, max(rebuilt) AS head FROM traces
        WHERE ${stored} AND (start, trace_id) IN (SELECT start, trace_id FROM traces WHERE ${stored} AND late_count > 0)
        GROUP BY start, trace_id
      ) WHERE empty(head) OR head[1].spans < stored_spans LIMIT {most:UInt32}`,
    query_params: { since: sinceS, most: MAX_FOUND },
    format: 'JSONEachRow',
    clickhouse_settings: SETTINGS,
  });
  return result.json<StoredTraceKey>();
}

async function rebuildGroup(
  client: ClickHouseClient,
  group: readonly RebuildTask[],
  summaries: ReadonlyMap<string, StoredSummary>,
  spans: number,
): Promise<(readonly [RebuildTask, Rebuilt])[]> {
  // Spans that are stored before their summary are more than it says.
  const loaded = new LoadedTraces(2 * spans + 1000);
  const reader = new SpanRowReader((row) => loaded.add(row));
  const { stream } = await client.exec({
    query: `SELECT ${SPAN_ROW} FROM spans WHERE ${located('trace_start')} LIMIT {most:UInt32} FORMAT RowBinary`,
    query_params: { ...placeOf(group), most: 2 * spans + 1000 },
    clickhouse_settings: SETTINGS,
  });
  for await (const chunk of stream) if (Buffer.isBuffer(chunk)) reader.add(chunk);
  reader.end();
  return group.map((task) => {
    const { traceId, startNs, isLastTry } = task;
    const summary = summaries.get(keyOf(task))!;
    const isWhole = loaded.spansOf(traceId) === summary.spans;
    const head = isWhole || isLastTry ? loaded.headOf(traceId) : undefined;
    if (head === undefined) return [task, { traceId, startNs, outcome: 'incomplete' }] as const;
    const lasting = summary.lasting.map(({ kind, span_id: spanId }) => ({ kind, spanId }));
    const warnings = [...lasting, ...head.warnings.filter(({ kind }) => !LASTING_WARNINGS.has(kind))];
    return [task, { traceId, startNs, outcome: 'rebuilt', head: { ...head, warnings } }] as const;
  });
}

async function readSummaries(client: ClickHouseClient, keys: readonly StoredTraceKey[]): Promise<StoredSummary[]> {
  const result = await client.query({
    query: `SELECT lower(hex(trace_id)) AS id, toString(toUnixTimestamp64Nano(start)) AS at, span_count AS spans,
        arrayFilter(w -> has({lasting:Array(String)}, w.kind), warnings) AS lasting
      FROM traces FINAL WHERE ${located('start')}`,
    query_params: { ...placeOf(keys), lasting: [...LASTING_WARNINGS] },
    format: 'JSONEachRow',
    clickhouse_settings: SETTINGS,
  });
  return result.json<StoredSummary>();
}

function placeOf(keys: readonly StoredTraceKey[]): Record<string, string | readonly string[] | readonly bigint[]> {
  const starts = keys.map(({ startNs }) => BigInt(startNs)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return {
    ids: keys.map(({ traceId }) => traceId),
    starts,
    first: String(starts[0] ?? 0n),
    last: String(starts.at(-1) ?? 0n),
  };
}

function keyOf({ traceId, startNs }: StoredTraceKey): string {
  return `${traceId} ${startNs}`;
}
