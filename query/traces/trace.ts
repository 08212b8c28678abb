// One trace by id, as columns: summary, spans in walking order, what they refer to, and who links here.
import type { TraceResponse } from '#proto/api/trace.ts';
import { listOf, numberOf, textOf, type Database, type Row } from '../store/database.ts';
import { NotFound } from '../time-range.ts';
import { attributesOf } from './attributes.ts';
import { resources, scopes } from './identities.ts';
import { linkedTraces } from './linked.ts';
import { orderSpans } from './order-spans.ts';
import { SUMMARY_COLUMNS, SUMMARY_WIDTH, summaryOf } from './summary.ts';
import { THRESHOLD } from './weight.ts';

const SPAN_COLUMNS = `lower(hex(span_id)), lower(hex(parent_span_id)), service, name, kind, status_code, toUnixTimestamp64Nano(start),
  duration_ns, skew_ns, skew_error_ns, toString(resource_id), toString(scope_id), length(attr_keys), length(events), length(links)`;
const NO_PARENT = '0000000000000000';
/** Spans of one trace that the page is given; a trace beyond it is cut and says so. */
export const MAX_TRACE_SPANS = 1_000_000;

/** Where traces lie in the spans table: usually one start each, two when one was decided twice. */
export async function traceStarts(db: Database, traceIds: readonly string[]): Promise<string[]> {
  const rows = await db.rows(
    'SELECT DISTINCT toUnixTimestamp64Nano(start) FROM traces WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))',
    { ids: traceIds },
  );
  return rows.map((row) => textOf(row[0]));
}

export const IN_TRACES =
  'trace_id IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16)) AND has({starts:Array(Int64)}, toUnixTimestamp64Nano(trace_start)) AND trace_start >= fromUnixTimestamp64Nano({first:Int64}) AND trace_start <= fromUnixTimestamp64Nano({last:Int64})';

export function inTraces(
  traceIds: readonly string[],
  starts: readonly string[],
): { ids: readonly string[]; starts: bigint[]; first: string; last: string } {
  const sorted = starts.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  return { ids: traceIds, starts: sorted.map(BigInt), first: sorted[0] ?? '0', last: sorted.at(-1) ?? '0' };
}

export async function traceById(db: Database, traceId: string): Promise<TraceResponse> {
  const starts = await traceStarts(db, [traceId]);
  if (starts.length === 0) {
    throw new NotFound(
      'TRACE_NOT_FOUND',
      `no trace ${traceId} is stored`,
      `ask /api/why/${traceId} whether it was seen and why it is not here`,
    );
  }
  const bindings = inTraces([traceId], starts);
  const [summaries, spans, inbound] = await Promise.all([
    db.rows(
      `SELECT ${SUMMARY_COLUMNS}, ${THRESHOLD}, hosts, warnings, mapKeys(critical_path_ns), mapValues(critical_path_ns), repeats FROM traces FINAL WHERE trace_id = unhex({id:String}) ORDER BY start LIMIT 1`,
      { id: traceId },
    ),
    db.rows(`SELECT ${SPAN_COLUMNS} FROM spans WHERE ${IN_TRACES} LIMIT {limit:UInt32}`, {
      ...bindings,
      limit: MAX_TRACE_SPANS,
    }),
    db.rows(
      `SELECT lower(hex(target_span_id)), lower(hex(source_trace_id)), lower(hex(source_span_id)), source_service, source_name, toUnixTimestamp64Nano(source_start)
       FROM links WHERE target_trace_id = unhex({id:String}) ORDER BY target_span_id, source_start LIMIT 10000`,
      { id: traceId },
    ),
  ]);
  const summary = summaries[0] ?? [];
  const base = summaryOf(summary);
  const [resourceRows, scopeRows, { linked, endToEndNs }] = await Promise.all([
    resources.of(db, spans, 10),
    scopes.of(db, spans, 11),
    linkedTraces(
      db,
      { id: traceId, start: base.start, durationNs: base.duration_ns },
      { where: IN_TRACES, bindings, hasLinks: spans.some((row) => numberOf(row[14]) > 0) },
    ),
  ]);
  const origin = BigInt(base.start);
  const offsets = spans.map((row) => Number(BigInt(textOf(row[6])) - origin));
  const parents = spans.map((row) => (textOf(row[1]) === NO_PARENT ? '' : textOf(row[1])));
  const { order, parent } = orderSpans(
    spans.map((row) => textOf(row[0])),
    parents,
    spans.map((row, i) => (offsets[i] ?? 0) + numberOf(row[8])),
  );
  const ordered = Array.from(order, (row) => spans[row] ?? []);
  const services = dictionary(ordered, 2);
  const names = dictionary(ordered, 3);
  const resourceIndex = new Map(resourceRows.map((row, i) => [textOf(row[0]), i]));
  const scopeIndex = new Map(scopeRows.map((row, i) => [textOf(row[0]), i]));
  const numbers = (column: number): number[] => ordered.map((row) => numberOf(row[column]));
  const extra = summary.slice(SUMMARY_WIDTH);
  const path = listOf(extra[3]).map((service, i) => ({ service: textOf(service), ns: numberOf(listOf(extra[4])[i]) }));
  return {
    summary: {
      ...base,
      threshold: BigInt(textOf(extra[0])).toString(16).padStart(14, '0'),
      hosts: listOf(extra[1]).map((host) => ({
        host: textOf(listOf(host)[0]),
        offset_ns: numberOf(listOf(host)[1]),
        error_ns: numberOf(listOf(host)[2]),
      })),
      warning_spans: listOf(extra[2]).map((warning) => ({
        kind: textOf(listOf(warning)[0]),
        span_id: textOf(listOf(warning)[1]),
      })),
      critical_path: path.toSorted((a, b) => b.ns - a.ns),
      repeats: listOf(extra[5])
        .map((run) => repeatOf(listOf(run)))
        .toSorted((a, b) => b.span_ns - a.span_ns),
      end_to_end_ns: endToEndNs,
    },
    services: services.values,
    names: names.values,
    resources: resourceRows.map((row) => ({
      id: textOf(row[0]),
      service: textOf(row[1]),
      host: textOf(row[2]),
      schema_url: textOf(row[3]),
      attributes: attributesOf(row[4], row[5], row[6]),
    })),
    scopes: scopeRows.map((row) => ({
      id: textOf(row[0]),
      name: textOf(row[1]),
      version: textOf(row[2]),
      schema_url: textOf(row[3]),
      attributes: attributesOf(row[4], row[5], row[6]),
    })),
    span_id: ordered.map((row) => textOf(row[0])),
    parent_span_id: Array.from(order, (row) => parents[row] ?? ''),
    parent: Array.from(parent),
    service: services.index,
    name: names.index,
    kind: numbers(4),
    status: numbers(5),
    start_offset_ns: Array.from(order, (row) => offsets[row] ?? 0),
    duration_ns: numbers(7),
    skew_ns: numbers(8),
    skew_error_ns: numbers(9),
    resource: ordered.map((row) => resourceIndex.get(textOf(row[10])) ?? -1),
    scope: ordered.map((row) => scopeIndex.get(textOf(row[11])) ?? -1),
    attribute_count: numbers(12),
    event_count: numbers(13),
    link_count: numbers(14),
    inbound_links: inbound.map((row) => ({
      span_id: textOf(row[0]),
      source_trace_id: textOf(row[1]),
      source_span_id: textOf(row[2]),
      source_service: textOf(row[3]),
      source_name: textOf(row[4]),
      source_start: textOf(row[5]),
    })),
    linked_traces: linked,
  };
}

function repeatOf(run: Row): NonNullable<TraceResponse['summary']['repeats']>[number] {
  return {
    first_span_id: textOf(run[0]),
    service: textOf(run[1]),
    name: textOf(run[2]),
    spans: numberOf(run[3]),
    total_ns: numberOf(run[4]),
    span_ns: numberOf(run[5]),
  };
}

function dictionary(rows: readonly Row[], column: number): { values: string[]; index: number[] } {
  const slots = new Map<string, number>();
  const index = rows.map((row) => {
    const text = textOf(row[column]);
    const slot = slots.get(text) ?? slots.size;
    slots.set(text, slot);
    return slot;
  });
  return { values: [...slots.keys()], index };
}
