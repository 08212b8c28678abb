// Log search: newest first, keyset paging, words of the body through the text index.
import type { LogRecord, LogsQuery, LogsResponse } from '#proto/api/logs.ts';
import { numberOf, textOf, type Database, type Row } from '../store/database.ts';
import { BadRequest, timeRange } from '../time-range.ts';
import { attributesOf, attributeType } from '../traces/attributes.ts';

const HISTOGRAM_POINTS = 60;
/** OTLP severity number from which a record counts as an error. */
const SEVERITY_ERROR = 17;
/** Words of one search; the text index takes few at a time. */
const MAX_WORDS = 16;

const COLUMNS = `toUnixTimestamp64Nano(ts), toUnixTimestamp64Nano(observed), service, severity, severity_text, event_name, body, body_type,
  lower(hex(trace_id)), lower(hex(span_id)), flags, weight, attr_keys, attr_types, attr_values, toString(resource_id), toString(cityHash64(body, attr_values, span_id))`;

export async function searchLogs(db: Database, query: LogsQuery, nowMs: number): Promise<LogsResponse> {
  const range = timeRange(query, nowMs);
  const bindings: Record<string, string | number | string[]> = {
    start: String(range.startNs),
    end: String(range.endNs),
    service: query.service ?? '',
    severity: query.min_severity ?? 0,
    trace: query.trace_id ?? '',
    span: query.span_id ?? '',
  };
  const conditions = [
    'ts >= fromUnixTimestamp64Nano({start:Int64})',
    'ts < fromUnixTimestamp64Nano({end:Int64})',
    "({service:String} = '' OR service = {service:String})",
    'severity >= {severity:UInt8}',
    "({trace:String} = '' OR trace_id = unhex({trace:String}))",
    "({span:String} = '' OR span_id = unhex({span:String}))",
  ];
  const words = (query.q ?? '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, MAX_WORDS);
  for (const [i, word] of words.entries()) {
    bindings[`word${i}`] = word;
    conditions.push(`positionCaseInsensitiveUTF8(body, {word${i}:String}) > 0`);
  }
  for (const [i, item] of (query.attr ?? []).entries()) {
    bindings[`item${i}`] = item;
    conditions.push(
      `(has(items, {item${i}:String}) OR resource_id IN (SELECT id FROM resources WHERE has(items, {item${i}:String})))`,
    );
  }
  const where = conditions.join(' AND ');
  const page = cursorSql(query.cursor, bindings);
  const widthNs = (range.endNs - range.startNs + BigInt(HISTOGRAM_POINTS) - 1n) / BigInt(HISTOGRAM_POINTS);
  const [rows, histogram] = await Promise.all([
    db.rows(
      `SELECT ${COLUMNS} FROM logs WHERE ${where} AND ${page} ORDER BY ts DESC, cityHash64(body, attr_values, span_id) DESC LIMIT {limit:UInt32}`,
      { ...bindings, limit: query.limit + 1 },
    ),
    db.rows(
      `SELECT intDiv(toUnixTimestamp64Nano(ts) - {start:Int64}, {width:Int64}) AS point, round(sum(weight)), round(sumIf(weight, severity >= {error:UInt8})) FROM logs WHERE ${where} GROUP BY point ORDER BY point`,
      { ...bindings, width: String(widthNs), error: SEVERITY_ERROR },
    ),
  ]);
  const shown = rows.slice(0, query.limit);
  const resources = await resourcesOf(db, shown);
  const last = rows.length > query.limit ? shown.at(-1) : undefined;
  return {
    logs: shown.map((row) => recordOf(row, resources)),
    next_cursor: last === undefined ? null : `${textOf(last[0])}.${textOf(last[16])}`,
    histogram: wholeHistogram(histogram, range.startNs, widthNs),
  };
}

/** Every point of the range, also those without a record: a chart draws time, not a list. */
function wholeHistogram(rows: readonly Row[], startNs: bigint, widthNs: bigint): LogsResponse['histogram'] {
  const points = Array.from({ length: HISTOGRAM_POINTS }, (_, i) => ({
    time: String(startNs + BigInt(i) * widthNs),
    records: 0,
    errors: 0,
  }));
  for (const row of rows) {
    const point = points[numberOf(row[0])];
    if (point === undefined) continue;
    point.records = numberOf(row[1]);
    point.errors = numberOf(row[2]);
  }
  return points;
}

function cursorSql(cursor: string | undefined, bindings: Record<string, string | number | string[]>): string {
  if (cursor === undefined) return '1';
  const match = /^(-?\d{1,19})\.(\d{1,20})$/.exec(cursor);
  if (match === null)
    throw new BadRequest(
      'CURSOR',
      `cursor is not one of ours: ${JSON.stringify(cursor)}`,
      'use next_cursor of the page before, unchanged',
    );
  bindings['cursor_ts'] = match[1] ?? '';
  bindings['cursor_hash'] = match[2] ?? '';
  return '(toUnixTimestamp64Nano(ts), cityHash64(body, attr_values, span_id)) < ({cursor_ts:Int64}, {cursor_hash:UInt64})';
}

async function resourcesOf(db: Database, rows: readonly Row[]): Promise<Map<string, LogRecord['resource']>> {
  const ids = [...new Set(rows.map((row) => textOf(row[15])))];
  if (ids.length === 0) return new Map();
  const found = await db.rows(
    'SELECT toString(id), attr_keys, attr_types, attr_values FROM resources FINAL WHERE id IN {ids:Array(UInt64)}',
    { ids: ids.map(BigInt) },
  );
  return new Map(found.map((row) => [textOf(row[0]), attributesOf(row[1], row[2], row[3])]));
}

function recordOf(row: Row, resources: ReadonlyMap<string, LogRecord['resource']>): LogRecord {
  const absent = (id: string): string => (/^0*$/.test(id) ? '' : id);
  return {
    time: textOf(row[0]),
    observed: textOf(row[1]),
    service: textOf(row[2]),
    severity: numberOf(row[3]),
    severity_text: textOf(row[4]),
    event_name: textOf(row[5]),
    body: textOf(row[6]),
    body_type: attributeType(numberOf(row[7])),
    trace_id: absent(textOf(row[8])),
    span_id: absent(textOf(row[9])),
    flags: numberOf(row[10]),
    weight: numberOf(row[11]),
    attributes: attributesOf(row[12], row[13], row[14]),
    resource: resources.get(textOf(row[15])) ?? [],
  };
}
