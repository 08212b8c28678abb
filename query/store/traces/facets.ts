// Values of a filter's traces, each with as many traces as the list has when the value is added to the filter.
import { attributeIs, fieldIs, type Comparison, type Value } from '#proto/search/expression.ts';
import { VALUE_BOOL, VALUE_DOUBLE, VALUE_INT, VALUE_STRING } from '#proto/otlp/enums.ts';
import { number, text } from '../columns.ts';
import { valueOf } from '../search/stored-value.ts';
import type { TableReader } from '../table-reader.ts';
import type { Facet, FacetAnswer, FacetRequest, KeyUse, TraceFilter } from './contract.ts';
import { FilterSql } from './filter-sql.ts';
import { KEPT_TRACES } from './kept-traces.ts';
import { WEIGHT } from './weight.ts';

/** Spans whose attribute keys are counted. */
const MAX_SPANS_FOR_KEYS = 20_000;
const NO_ERROR: Value = { type: 'int', text: '0' };
/** Types whose values are listed: of arrays and maps every value would be another. */
const LISTED_TYPES = [VALUE_STRING, VALUE_BOOL, VALUE_INT, VALUE_DOUBLE].join(', ');

interface Source {
  readonly conditionOf: (value: Value) => Comparison;
  /** Rows of a trace's weight `w`, and a value's type `vt` and text `vv`. */
  readonly from: string;
}

const FACET = {
  valueType: number('vt'),
  valueText: text('vv'),
  kept: number('count()'),
  standsFor: number('sum(w)'),
  distinct: number('count() OVER ()'),
};

export async function facet(tables: TableReader, filter: TraceFilter, request: FacetRequest): Promise<FacetAnswer> {
  const sql = await FilterSql.of(filter, tables);
  const { conditionOf, from } = sourceOf(request.facet, sql);
  const contains = sql.binder.bind(request.contains ?? '', 'String');
  const limit = sql.binder.bind(request.limit, 'UInt32');
  const rows = await tables.select(
    FACET,
    `FROM (${from}) WHERE positionCaseInsensitiveUTF8(vv, ${contains}) > 0
     GROUP BY vt, vv ORDER BY standsFor DESC, kept DESC, vv, vt LIMIT ${limit}`,
    sql.bindings,
  );
  return {
    values: rows.map(({ valueType, valueText, kept, standsFor }) => ({
      value: valueText,
      condition: conditionOf(valueOf(valueType, valueText)),
      kept,
      standsFor,
    })),
    distinct: rows[0]?.distinct ?? 0,
  };
}

function sourceOf(facet: Facet, sql: FilterSql): Source {
  switch (facet.of) {
    case 'service':
      return {
        conditionOf: (value) => fieldIs('service', '=', value),
        from: sql.isOfAnySpan ? ofTraces(sql, 'arrayJoin(services)') : ofSpans(sql, 'service'),
      };
    case 'operation': {
      const field = sql.isOfAnySpan ? 'root.name' : 'name';
      return {
        conditionOf: (value) => fieldIs(field, '=', value),
        from: sql.isOfAnySpan ? ofTraces(sql, 'root_name') : ofSpans(sql, 'name'),
      };
    }
    case 'errors':
      return {
        conditionOf: (value) =>
          fieldIs('trace.errors', value.type === 'string' && value.text === 'error' ? '>' : '=', NO_ERROR),
        from: ofTraces(sql, "if(error_count > 0, 'error', 'ok')"),
      };
    case 'rule':
      return { conditionOf: (value) => fieldIs('rule', '=', value), from: ofTraces(sql, 'rule') };
    case 'attribute':
      return { conditionOf: (value) => attributeIs(facet.key, '=', value), from: ofAttribute(sql, facet.key) };
  }
}

function ofTraces({ where }: FilterSql, value: string): string {
  return `SELECT ${WEIGHT} AS w, 1 AS vt, ${value} AS vv FROM ${KEPT_TRACES} WHERE ${where}`;
}

function ofSpans(sql: FilterSql, column: string): string {
  return withWeights(
    sql,
    `SELECT DISTINCT trace_id, 1 AS vt, toString(${column}) AS vv FROM spans WHERE ${sql.spanWhere}`,
  );
}

/** Values of the span, or of its resource where the span has not the key. */
function ofAttribute(sql: FilterSql, key: string): string {
  const name = sql.binder.bind(key, 'String');
  const pairs = `arrayFilter(x -> x.1 IN (${LISTED_TYPES}) AND (x.1 != ${VALUE_DOUBLE} OR isFinite(toFloat64OrZero(x.2))), arrayMap((t, v) -> (t, v), arrayFilter((t, k) -> k = ${name}, attr_types, attr_keys), arrayFilter((v, k) -> k = ${name}, attr_values, attr_keys)))`;
  const resources = `SELECT id, anyLast(${pairs}) AS resource_pairs FROM resources WHERE has(attr_keys, ${name}) GROUP BY id`;
  const own = `SELECT DISTINCT trace_id, arrayJoin(if(has(attr_keys, ${name}), ${pairs}, resource_pairs)) AS pair
    FROM spans LEFT JOIN (${resources}) AS r ON spans.resource_id = r.id WHERE ${sql.spanWhere}`;
  return withWeights(sql, `SELECT DISTINCT trace_id, pair.1 AS vt, pair.2 AS vv FROM (${own})`);
}

function withWeights({ where }: FilterSql, values: string): string {
  const weights = `SELECT trace_id, ${WEIGHT} AS w FROM ${KEPT_TRACES} WHERE ${where}`;
  return `SELECT w, vt, vv FROM (${values}) AS found LEFT SEMI JOIN (${weights}) AS matching USING (trace_id)`;
}

const KEY_USE = { key: text('key'), spans: number('count()'), distinct: number('uniq(item)') };

export async function attributeKeys(
  tables: TableReader,
  filter: TraceFilter,
  limit: number,
): Promise<readonly KeyUse[]> {
  const sql = await FilterSql.of(filter, tables);
  const most = sql.binder.bind(MAX_SPANS_FOR_KEYS, 'UInt32');
  const rows = sql.binder.bind(limit, 'UInt32');
  const matching = sql.isOfAnySpan ? '' : `AND trace_id IN (SELECT trace_id FROM ${KEPT_TRACES} WHERE ${sql.where})`;
  return tables.select(
    KEY_USE,
    `FROM (SELECT attr_keys, items FROM spans WHERE ${sql.spanWhere} ${matching} LIMIT ${most})
     ARRAY JOIN attr_keys AS key, items AS item GROUP BY key ORDER BY spans DESC, key LIMIT ${rows}`,
    sql.bindings,
  );
}
