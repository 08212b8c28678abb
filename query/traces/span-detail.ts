// Spans in full: attributes, events, links, resource and scope, with their types.
import type { SpanDetail, SpanDetailResponse } from '#proto/api/trace.ts';
import { listOf, numberOf, textOf, type Database, type Row } from '../store/database.ts';
import { NotFound } from '../time-range.ts';
import { attributesOf } from './attributes.ts';
import { decodeEvent, decodeLink } from './decode-event.ts';
import { resources, scopes } from './identities.ts';
import { inTraces, IN_TRACES, MAX_TRACE_SPANS, traceStarts } from './trace.ts';

const COLUMNS = `lower(hex(trace_id)), lower(hex(span_id)), lower(hex(parent_span_id)), service, name, kind, status_code, status_message,
  toUnixTimestamp64Nano(start), toString(duration_ns), flags, trace_state, weight, attr_keys, attr_types, attr_values,
  arrayMap(e -> base64Encode(e), events), arrayMap(l -> base64Encode(l), links), dropped_attributes, dropped_events, dropped_links,
  toString(resource_id), toString(scope_id)`;
const NO_PARENT = '0000000000000000';

export async function spanDetail(db: Database, traceId: string, spanId: string): Promise<SpanDetailResponse> {
  const found = await spansWhere(db, [traceId], 'AND span_id = unhex({span:String})', { span: spanId });
  if (found.length === 0)
    throw new NotFound('SPAN_NOT_FOUND', `trace ${traceId} has no stored span ${spanId}`, `ask /api/why/${traceId}`);
  return { spans: found };
}

/** All spans of several traces; unknown ids are left out. */
export async function fullTraces(db: Database, traceIds: readonly string[]): Promise<SpanDetailResponse> {
  return { spans: await spansWhere(db, traceIds, '', {}) };
}

export async function fullTrace(db: Database, traceId: string): Promise<SpanDetailResponse> {
  const found = await spansWhere(db, [traceId], '', {});
  if (found.length === 0)
    throw new NotFound('TRACE_NOT_FOUND', `no trace ${traceId} is stored`, `ask /api/why/${traceId}`);
  return { spans: found };
}

async function spansWhere(
  db: Database,
  traceIds: readonly string[],
  condition: string,
  more: { span?: string },
): Promise<SpanDetail[]> {
  const starts = await traceStarts(db, traceIds);
  if (starts.length === 0) return [];
  const rows = await db.rows(
    `SELECT ${COLUMNS} FROM spans WHERE ${IN_TRACES} ${condition} ORDER BY trace_id, start, span_id LIMIT {limit:UInt32}`,
    { ...inTraces(traceIds, starts), ...more, limit: MAX_TRACE_SPANS },
  );
  const [resourceRows, scopeRows] = await Promise.all([resources.of(db, rows, 21), scopes.of(db, rows, 22)]);
  const resourceOf = new Map(
    resourceRows.map((row) => [
      textOf(row[0]),
      { schema_url: textOf(row[3]), attributes: attributesOf(row[4], row[5], row[6]) },
    ]),
  );
  const scopeOf = new Map(
    scopeRows.map((row) => [
      textOf(row[0]),
      {
        name: textOf(row[1]),
        version: textOf(row[2]),
        schema_url: textOf(row[3]),
        attributes: attributesOf(row[4], row[5], row[6]),
      },
    ]),
  );
  return rows.map((row) => ({
    ...detailOf(row),
    resource: resourceOf.get(textOf(row[21])) ?? { schema_url: '', attributes: [] },
    scope: scopeOf.get(textOf(row[22])) ?? { name: '', version: '', schema_url: '', attributes: [] },
  }));
}

function detailOf(row: Row): Omit<SpanDetail, 'resource' | 'scope'> {
  const parent = textOf(row[2]);
  const start = textOf(row[8]);
  const duration = BigInt(textOf(row[9]));
  const links = listOf(row[17]).map((link) => decodeLink(Buffer.from(textOf(link), 'base64')));
  const whole = links.filter((link) => link.trace_id.length === 32 && link.span_id.length === 16); // the others lead nowhere
  return {
    trace_id: textOf(row[0]),
    span_id: textOf(row[1]),
    parent_span_id: parent === NO_PARENT ? '' : parent,
    service: textOf(row[3]),
    name: textOf(row[4]),
    kind: numberOf(row[5]),
    status_code: numberOf(row[6]),
    status_message: textOf(row[7]),
    start,
    duration_ns: Number(duration),
    end: String(BigInt(start) + duration),
    flags: numberOf(row[10]),
    trace_state: textOf(row[11]),
    weight: numberOf(row[12]),
    attributes: attributesOf(row[13], row[14], row[15]),
    events: listOf(row[16]).map((event) => decodeEvent(Buffer.from(textOf(event), 'base64'))),
    links: whole,
    dropped_attributes: numberOf(row[18]),
    dropped_events: numberOf(row[19]),
    dropped_links: numberOf(row[20]) + links.length - whole.length,
  };
}
