// The summary row of a trace: its SELECT list and the shape it becomes. One place, so that search and trace page agree.
import type { TraceSummary } from '#proto/api/search.ts';
import { listOf, numberOf, textOf, textsOf, type Row } from '../store/database.ts';
import { OWN_WEIGHT } from './weight.ts';

export const SUMMARY_COLUMNS = `lower(hex(trace_id)), toUnixTimestamp64Nano(start), duration_ns, root_service, root_name, span_count, error_count,
  root_present, missing_parents, arrayMap(s -> (s, service_spans[s]), services), rule, trigger, ${OWN_WEIGHT}, arrayDistinct(arrayMap(w -> w.1, warnings))`;
/** Columns that {@link SUMMARY_COLUMNS} selects; further ones may follow. */
export const SUMMARY_WIDTH = 14;

export function summaryOf(row: Row): TraceSummary {
  const services = listOf(row[9])
    .map((pair) => ({ service: textOf(listOf(pair)[0]), spans: numberOf(listOf(pair)[1]) }))
    .toSorted((a, b) => b.spans - a.spans || (a.service < b.service ? -1 : 1));
  return {
    trace_id: textOf(row[0]),
    start: textOf(row[1]),
    duration_ns: numberOf(row[2]),
    root_service: textOf(row[3]),
    root_name: textOf(row[4]),
    span_count: numberOf(row[5]),
    error_count: numberOf(row[6]),
    root_present: numberOf(row[7]) > 0,
    missing_parents: numberOf(row[8]),
    services,
    rule: textOf(row[10]),
    trigger: textOf(row[11]),
    weight: numberOf(row[12]),
    warnings: textsOf(row[13]),
  };
}
