// Log search: newest first, keyset paging, conditions and words in the search language.
import { combined, type Expression } from '#proto/search/expression.ts';
import type { LogRecord, LogsQuery, LogsResponse } from '#proto/api/logs.ts';
import { BY_HASH, nextCursor, parseCursor } from '../cursor.ts';
import type { LogCount, LogFilter, LogReader, StoredLog } from '#query/store/logs/contract.ts';
import { itemCondition, parseQuestion } from '../parse-question.ts';
import { BadRequest } from '../request-error.ts';
import { parseRange } from '../parse-range.ts';

const HISTOGRAM_POINTS = 60;

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
  const question = parseQuestion(query.q ?? '');
  refuseForeign(question);
  const parts = [question, ...(query.attr ?? []).map(itemCondition)];
  return {
    range: parseRange(query, nowMs),
    service: query.service,
    minSeverity: query.min_severity,
    traceId: query.trace_id,
    spanId: query.span_id,
    where: combined(
      'and',
      parts.filter((part) => part !== undefined),
    ),
  };
}

/** What only spans and traces have. @throws BadRequest */
function refuseForeign(expression: Expression | undefined): void {
  switch (expression?.kind) {
    case 'and':
    case 'or':
      expression.parts.forEach(refuseForeign);
      return;
    case 'not':
      refuseForeign(expression.part);
      return;
    case 'any':
    case 'all':
      throw notOfRecords(`${expression.kind}(…)`);
    case 'comparison': {
      const { subject } = expression;
      if (subject.of === 'field' && subject.field !== 'service') throw notOfRecords(subject.field);
      return;
    }
    case 'exists':
    case 'word':
    case undefined:
      return;
  }
}

function notOfRecords(what: string): BadRequest {
  return new BadRequest(
    'SEARCH',
    `q asks for ${what}, which log records have not`,
    `ask for service, attributes and words; an attribute of this name is written in quotes, as "${what}"`,
  );
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
