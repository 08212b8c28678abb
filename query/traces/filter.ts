// One trace filter as SQL conditions of constant shape with bound values; used by search, heatmap and facets alike.
import type { TraceFilter } from '#proto/api/search.ts';
import type { Bindings } from '../store/database.ts';
import { BadRequest, type TimeRange } from '../time-range.ts';

export interface FilterSql {
  readonly where: string;
  readonly bindings: Bindings;
}

/** Conditions on the traces table (read with FINAL). Every user value is bound; only the number of attribute conditions changes the text. */
export function filterSql(filter: TraceFilter, range: TimeRange): FilterSql {
  const bindings: Record<string, string | number> = {
    start: String(range.startNs),
    end: String(range.endNs),
    service: filter.service ?? '',
    operation: filter.operation ?? '',
    root_service: filter.root_service ?? '',
    min_ns: Math.round((filter.min_duration_ms ?? 0) * 1e6),
    max_ns: filter.max_duration_ms === undefined ? -1 : Math.round(filter.max_duration_ms * 1e6),
    status: filter.status ?? '',
    rule: filter.rule ?? '',
  };
  const conditions = [
    'start >= fromUnixTimestamp64Nano({start:Int64})',
    'start < fromUnixTimestamp64Nano({end:Int64})',
    "({service:String} = '' OR has(services, {service:String}))",
    "({root_service:String} = '' OR root_service = {root_service:String})",
    'duration_ns >= {min_ns:Int64}',
    '({max_ns:Int64} < 0 OR duration_ns <= {max_ns:Int64})',
    "({status:String} = '' OR (error_count > 0) = ({status:String} = 'error'))",
    "({rule:String} = '' OR rule = {rule:String})",
  ];
  const spanRange =
    'trace_start >= fromUnixTimestamp64Nano({start:Int64}) AND trace_start < fromUnixTimestamp64Nano({end:Int64})';
  if (filter.operation !== undefined && filter.operation !== '') {
    conditions.push(
      `trace_id IN (SELECT trace_id FROM spans WHERE ${spanRange} AND name = {operation:String} AND ({service:String} = '' OR service = {service:String}))`,
    );
  }
  for (const [i, item] of (filter.attr ?? []).entries()) {
    if (!item.includes('='))
      throw new BadRequest(
        'ATTRIBUTE_FILTER',
        `attr must be key=value, got ${JSON.stringify(item)}`,
        'write attr=http.route=/cart',
      );
    bindings[`item${i}`] = item;
    conditions.push(
      `trace_id IN (SELECT trace_id FROM spans WHERE ${spanRange} AND (has(items, {item${i}:String}) OR resource_id IN (SELECT id FROM resources WHERE has(items, {item${i}:String}))))`,
    );
  }
  return { where: conditions.join(' AND '), bindings };
}
