// Search, heatmap and facets over kept traces. Newest (or slowest) first with a keyset cursor, never an arbitrary LIMIT.
import type { FacetsResponse, HeatmapResponse, SearchQuery, SearchResponse, TraceFilter } from '#proto/api/search.ts';
import { numberOf, textOf, type Database } from '../store/database.ts';
import { BadRequest, timeRange } from '../time-range.ts';
import { filterSql } from './filter.ts';
import { SUMMARY_COLUMNS, summaryOf } from './summary.ts';
import { WEIGHT } from './weight.ts';

const HEATMAP_COLUMNS = 100;
/** Values listed per facet; the rest is reached by typing. */
const FACET_VALUES = 20;

/** Cursor = sort key and trace id of the last row, `<number>.<32 hex>`. */
function cursorOf(text: string | undefined): { key: string; id: string } | undefined {
  if (text === undefined) return undefined;
  const match = /^(-?\d{1,19})\.([0-9a-f]{32})$/.exec(text);
  if (match === null)
    throw new BadRequest(
      'CURSOR',
      `cursor is not one of ours: ${JSON.stringify(text)}`,
      'use next_cursor of the page before, unchanged',
    );
  return { key: match[1] ?? '', id: match[2] ?? '' };
}

export async function searchTraces(db: Database, query: SearchQuery, nowMs: number): Promise<SearchResponse> {
  const { where, bindings } = filterSql(query, timeRange(query, nowMs));
  const cursor = cursorOf(query.cursor);
  const key = query.sort === 'slowest' ? 'duration_ns' : 'toUnixTimestamp64Nano(start)';
  const page = cursor === undefined ? '1' : `(${key}, trace_id) < ({cursor_key:Int64}, unhex({cursor_id:String}))`;
  const order =
    query.sort === 'slowest'
      ? 'duration_ns DESC, trace_id DESC'
      : 'toStartOfHour(start) DESC, start DESC, trace_id DESC';
  const pageBindings = {
    ...bindings,
    limit: query.limit + 1,
    ...(cursor && { cursor_key: cursor.key, cursor_id: cursor.id }),
  };
  const [rows, totals] = await Promise.all([
    db.rows(
      `SELECT ${SUMMARY_COLUMNS} FROM traces FINAL WHERE ${where} AND ${page} ORDER BY ${order} LIMIT {limit:UInt32}`,
      pageBindings,
    ),
    db.rows(
      `SELECT count(), sum(${WEIGHT}), sqrt(sum(${WEIGHT} * greatest(0, ${WEIGHT} - 1))) FROM traces FINAL WHERE ${where}`,
      bindings,
    ),
  ]);
  const traces = rows.slice(0, query.limit).map(summaryOf);
  const last = rows.length > query.limit ? traces.at(-1) : undefined;
  const total = totals[0] ?? [];
  return {
    traces,
    next_cursor:
      last === undefined ? null : `${query.sort === 'slowest' ? last.duration_ns : last.start}.${last.trace_id}`,
    total: { kept: numberOf(total[0]), stands_for: numberOf(total[1]), standard_error: numberOf(total[2]) },
  };
}

export async function heatmap(db: Database, query: TraceFilter, nowMs: number): Promise<HeatmapResponse> {
  const range = timeRange(query, nowMs);
  const { where, bindings } = filterSql(query, range);
  const widthNs = (range.endNs - range.startNs + BigInt(HEATMAP_COLUMNS) - 1n) / BigInt(HEATMAP_COLUMNS);
  const rows = await db.rows(
    `SELECT intDiv(toUnixTimestamp64Nano(start) - {start:Int64}, {width:Int64}) AS column,
       toInt32(floor(4 * log10(greatest(duration_ns / 1000, 1)))) AS band, count(), sum(${WEIGHT}), countIf(error_count > 0)
     FROM traces FINAL WHERE ${where} GROUP BY column, band ORDER BY column, band`,
    { ...bindings, width: String(widthNs) },
  );
  return {
    start: String(range.startNs),
    end: String(range.endNs),
    columns: HEATMAP_COLUMNS,
    cells: rows.map((row) => [
      numberOf(row[0]),
      numberOf(row[1]),
      numberOf(row[2]),
      numberOf(row[3]),
      numberOf(row[4]),
    ]),
  };
}

export async function facets(db: Database, query: TraceFilter, nowMs: number): Promise<FacetsResponse> {
  const { where, bindings } = filterSql(query, timeRange(query, nowMs));
  const facet = async (value: string): Promise<FacetsResponse['service']> => {
    const rows = await db.rows(
      `SELECT ${value} AS value, count() AS kept, sum(${WEIGHT}) FROM traces FINAL WHERE ${where} GROUP BY value ORDER BY kept DESC, value LIMIT {values:UInt32}`,
      { ...bindings, values: FACET_VALUES },
    );
    return rows.map((row) => ({ value: textOf(row[0]), kept: numberOf(row[1]), stands_for: numberOf(row[2]) }));
  };
  const [service, operation, status, rule] = await Promise.all([
    facet('arrayJoin(services)'),
    facet('root_name'),
    facet("if(error_count > 0, 'error', 'ok')"),
    facet('rule'),
  ]);
  return { service, operation, status, rule };
}
