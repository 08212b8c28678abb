// One trace filter as SQL conditions of constant shape with bound values; used by search, heatmap, facets and critical paths alike.
import { bindItems, hasItem } from '../attributes.ts';
import type { Bindings } from '../database.ts';
import { inNanoseconds, rangeBindings } from '../time-range.ts';
import type { TraceFilter } from './contract.ts';

export interface FilterSql {
  readonly where: string;
  readonly bindings: Bindings;
}

/** Conditions on the kept traces. Every user value is bound; only the number of attribute conditions changes the text. */
export function filterSql(filter: TraceFilter): FilterSql {
  const bindings: Record<string, string | number> = {
    ...rangeBindings(filter.range),
    service: filter.service ?? '',
    operation: filter.operation ?? '',
    root_service: filter.rootService ?? '',
    root_name: filter.rootName ?? '',
    min_ns: filter.minDurationNs ?? 0,
    max_ns: filter.maxDurationNs ?? -1,
    status: filter.status ?? '',
    rule: filter.rule ?? '',
  };
  const conditions = [
    inNanoseconds('start'),
    "({service:String} = '' OR has(services, {service:String}))",
    "({root_service:String} = '' OR root_service = {root_service:String})",
    "({root_name:String} = '' OR root_name = {root_name:String})",
    'duration_ns >= {min_ns:Int64}',
    '({max_ns:Int64} < 0 OR duration_ns <= {max_ns:Int64})',
    "({status:String} = '' OR (error_count > 0) = ({status:String} = 'error'))",
    "({rule:String} = '' OR rule = {rule:String})",
  ];
  const inSpans = (condition: string): string =>
    `trace_id IN (SELECT trace_id FROM spans WHERE ${inNanoseconds('trace_start')} AND ${condition})`;
  if (filter.operation !== undefined && filter.operation !== '')
    conditions.push(inSpans("name = {operation:String} AND ({service:String} = '' OR service = {service:String})"));
  for (const parameter of bindItems(filter.attributes ?? [], bindings)) conditions.push(inSpans(hasItem(parameter)));
  return { where: conditions.join(' AND '), bindings };
}
