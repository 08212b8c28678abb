// How many traces match, what they stand for, and how many spans of theirs match.
import { number } from '../columns.ts';
import type { TableReader } from '../table-reader.ts';
import type { TraceFilter, TraceTotals } from './contract.ts';
import { FilterSql } from './filter-sql.ts';
import { KEPT_TRACES } from './kept-traces.ts';
import { WEIGHT } from './weight.ts';

const TOTALS = {
  kept: number('count()'),
  standsFor: number(`sum(${WEIGHT})`),
  standardError: number(`sqrt(sum(${WEIGHT} * greatest(0, ${WEIGHT} - 1)))`),
};
const COUNTED = { spansKept: number('count()'), spansStandFor: number('sum(w)') };
const NONE = { kept: 0, standsFor: 0, standardError: 0 };

export async function traceTotals(tables: TableReader, filter: TraceFilter): Promise<TraceTotals> {
  const sql = await FilterSql.of(filter, tables);
  const { where, spanCount, spanWhere, bindings } = sql;
  const ofTraces = `FROM ${KEPT_TRACES} WHERE ${where}`;
  if (spanCount !== undefined) {
    const columns = {
      ...TOTALS,
      spansKept: number(`sum(${spanCount})`),
      spansStandFor: number(`sum(${spanCount} * ${WEIGHT})`),
    };
    const [row] = await tables.select(columns, ofTraces, bindings);
    const { spansKept = 0, spansStandFor = 0, ...totals } = row ?? {};
    return { ...NONE, ...totals, spans: { kept: spansKept, standsFor: spansStandFor } };
  }
  const [rows, counted] = await Promise.all([
    tables.select(TOTALS, ofTraces, bindings),
    tables.select(
      COUNTED,
      `FROM spans LEFT SEMI JOIN (SELECT trace_id, ${WEIGHT} AS w ${ofTraces}) AS matching USING (trace_id) WHERE ${spanWhere}`,
      bindings,
    ),
  ]);
  return {
    ...(rows[0] ?? NONE),
    spans: { kept: counted[0]?.spansKept ?? 0, standsFor: counted[0]?.spansStandFor ?? 0 },
  };
}
