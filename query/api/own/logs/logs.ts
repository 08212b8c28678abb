// Log search: newest first, keyset paging, words of the body through the text index.
import type { LogRecord, LogsQuery, LogsResponse } from '#proto/api/logs.ts';
import { BY_HASH, nextCursor, parseCursor } from '../cursor.ts';
import type { LogCount, LogFilter, LogReader, StoredLog } from '#query/store/logs/contract.ts';
import { parseRange } from '../parse-range.ts';

const HISTOGRAM_POINTS = 60;
/** Words of one search; the text index takes few at a time. */
const MAX_WORDS = 16;

export async function searchLogs(logs: LogReader, query: LogsQuery, nowMs: number): Promise<LogsResponse> {
  const filter = parseLogFilter(query, nowMs);
  const after = parseCursor(query.cursor, BY_HASH);
  const { startNs, endNs } = filter.range;
  const widthNs = (endNs - startNs + BigInt(HISTOGRAM_POINTS) - 1n) / BigInt(HISTOGRAM_POINTS);
  const [page, counts] = await Promise.all([
    logs.search(filter, { limit: query.limit, after }),
    logs.histogram(filter, widthNs),
  ]);
  const resources = await logs.resources(page.rows.map(({ resourceId }) => resourceId));
  const resourceOf = new Map(resources.map(({ id, attributes }) => [id, attributes]));
  return {
    logs: page.rows.map((record) => shapeRecord(record, resourceOf.get(record.resourceId) ?? [])),
    next_cursor: nextCursor(page),
    histogram: wholeHistogram(counts, startNs, widthNs),
  };
}

function parseLogFilter(query: LogsQuery, nowMs: number): LogFilter {
  const words = (query.q ?? '').split(/\s+/).filter((word) => word !== '');
  return {
    range: parseRange(query, nowMs),
    service: query.service,
    minSeverity: query.min_severity,
    traceId: query.trace_id,
    spanId: query.span_id,
    words: words.slice(0, MAX_WORDS),
    attributes: query.attr,
  };
}

/** Every point of the range, also those without a record: a chart draws time, not a list. */
function wholeHistogram(counts: readonly LogCount[], startNs: bigint, widthNs: bigint): LogsResponse['histogram'] {
  const points = Array.from({ length: HISTOGRAM_POINTS }, (_, i) => ({
    time: String(startNs + BigInt(i) * widthNs),
    records: 0,
    errors: 0,
  }));
  for (const { point: at, records, errors } of counts) {
    const point = points[at];
    if (point !== undefined) Object.assign(point, { records, errors });
  }
  return points;
}

function shapeRecord(record: StoredLog, resource: StoredLog['attributes']): LogRecord {
  const absent = (id: string): string => (/^0*$/.test(id) ? '' : id);
  return {
    time: record.timeNs,
    observed: record.observedNs,
    service: record.service,
    severity: record.severity,
    severity_text: record.severityText,
    event_name: record.eventName,
    body: record.body,
    body_type: record.bodyType,
    trace_id: absent(record.traceId),
    span_id: absent(record.spanId),
    flags: record.flags,
    weight: record.adjustedCount,
    attributes: [...record.attributes],
    resource: [...resource],
  };
}
