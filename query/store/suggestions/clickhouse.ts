// Suggestions from ClickHouse: names of services and operations from the counts of all spans, the rest from the first spans and traces of the range.
import type { ClickHouseSettings } from '@clickhouse/client';
import type { Subject, Value } from '#proto/search/expression.ts';
import type { FieldName } from '#proto/search/fields.ts';
import { RED_TABLE } from '#proto/tables/red.ts';
import { RESOURCES_TABLE } from '#proto/tables/resources.ts';
import { SPANS_TABLE } from '#proto/tables/spans.ts';
import { TRACES_TABLE } from '#proto/tables/traces.ts';
import { number, text } from '../columns.ts';
import type { Database } from '../database.ts';
import { TableReader } from '../table-reader.ts';
import { IN_SECONDS, inNanoseconds, rangeBindings } from '../time-range.ts';
import { valueOf } from '../search/stored-value.ts';
import type { SuggestionReader, SuggestionRequest } from './contract.ts';

/** A suggestion is worth a moment: reading ends after so many rows, and after a second. */
const BOUNDED: ClickHouseSettings = {
  max_rows_to_read: '300000',
  read_overflow_mode: 'break',
  max_execution_time: 1,
  timeout_overflow_mode: 'break',
};
/** Of strings, bools, ints and doubles. */
const LISTED_TYPES = '1, 2, 3, 4';
/** Longer values are no suggestion. */
const MAX_VALUE_BYTES = 200;

const KEY = { key: text('key'), spans: number('count()') };
const VALUE = { valueType: number('pair.1'), valueText: text('pair.2'), spans: number('count()') };
const CONTAINS = '{contains:String}';

/** Text fields, and where their values are counted. */
const SOURCES: Readonly<
  Partial<Record<FieldName, { readonly column: string; readonly from: string; readonly count: string }>>
> = {
  service: { column: 'service', from: `red WHERE ${IN_SECONDS}`, count: 'sum(calls)' },
  'parent.service': { column: 'service', from: `red WHERE ${IN_SECONDS}`, count: 'sum(calls)' },
  'root.service': { column: 'root_service', from: `traces WHERE ${inNanoseconds('start')}`, count: 'count()' },
  name: { column: 'name', from: `red WHERE ${IN_SECONDS}`, count: 'sum(calls)' },
  'root.name': { column: 'root_name', from: `traces WHERE ${inNanoseconds('start')}`, count: 'count()' },
  'status.message': { column: 'status_message', from: `spans WHERE ${inNanoseconds('trace_start')}`, count: 'count()' },
  rule: { column: 'rule', from: `traces WHERE ${inNanoseconds('start')}`, count: 'count()' },
  'trace.trigger': { column: 'trigger', from: `traces WHERE ${inNanoseconds('start')}`, count: 'count()' },
};

export class ClickHouseSuggestions implements SuggestionReader {
  readonly #tables: TableReader;

  constructor(db: Database) {
    this.#tables = new TableReader(db, [SPANS_TABLE, TRACES_TABLE, RED_TABLE, RESOURCES_TABLE]);
  }

  async keys({
    range,
    contains,
    limit,
  }: SuggestionRequest): Promise<readonly { readonly key: string; readonly spans: number }[]> {
    const bindings = { ...rangeBindings(range), contains, limit };
    const rest = `WHERE positionCaseInsensitiveUTF8(key, ${CONTAINS}) > 0 GROUP BY key ORDER BY spans DESC, key LIMIT {limit:UInt32}`;
    const [ofSpans, ofResources] = await Promise.all([
      this.#tables.select(
        KEY,
        `FROM (SELECT arrayJoin(attr_keys) AS key FROM spans WHERE ${inNanoseconds('trace_start')}) ${rest}`,
        bindings,
        { settings: BOUNDED },
      ),
      this.#tables.select(
        KEY,
        `FROM (SELECT arrayJoin(attr_keys) AS key FROM resources) ${rest}`,
        { contains, limit },
        { settings: BOUNDED },
      ),
    ]);
    const known = new Set(ofSpans.map(({ key }) => key));
    return [...ofSpans, ...ofResources.filter(({ key }) => !known.has(key))].slice(0, limit);
  }

  async values(
    subject: Subject,
    request: SuggestionRequest,
  ): Promise<readonly { readonly value: Value; readonly spans: number }[]> {
    const rows =
      subject.of === 'field'
        ? await this.#ofField(subject.field, request)
        : await this.#ofAttribute(subject.key, request);
    return rows.map(({ valueType, valueText, spans }) => ({ value: valueOf(valueType, valueText), spans }));
  }

  async #ofField(field: FieldName, { range, contains, limit }: SuggestionRequest): Promise<readonly ValueRow[]> {
    const source = SOURCES[field];
    if (source === undefined) return [];
    const { column, from, count } = source;
    return this.#tables.select(
      { valueType: number('1'), valueText: text(column), spans: number(count) },
      `FROM ${from} AND positionCaseInsensitiveUTF8(${column}, ${CONTAINS}) > 0
       GROUP BY ${column} ORDER BY spans DESC, ${column} LIMIT {limit:UInt32}`,
      { ...rangeBindings(range), contains, limit },
      { settings: BOUNDED },
    );
  }

  async #ofAttribute(key: string, { range, contains, limit }: SuggestionRequest): Promise<readonly ValueRow[]> {
    const pairs = `arrayJoin(arrayFilter((x, k) -> k = {key:String} AND x.1 IN (${LISTED_TYPES}), arrayMap((t, v) -> (t, v), attr_types, attr_values), attr_keys)) AS pair`;
    const rest = `WHERE length(pair.2) <= ${MAX_VALUE_BYTES} AND positionCaseInsensitiveUTF8(pair.2, ${CONTAINS}) > 0 GROUP BY pair ORDER BY spans DESC, pair LIMIT {limit:UInt32}`;
    const [ofSpans, ofResources] = await Promise.all([
      this.#tables.select(
        VALUE,
        `FROM (SELECT ${pairs} FROM spans WHERE ${inNanoseconds('trace_start')} AND has(attr_keys, {key:String})) ${rest}`,
        { ...rangeBindings(range), key, contains, limit },
        { settings: BOUNDED },
      ),
      this.#tables.select(
        VALUE,
        `FROM (SELECT ${pairs} FROM resources WHERE has(attr_keys, {key:String})) ${rest}`,
        { key, contains, limit },
        { settings: BOUNDED },
      ),
    ]);
    return [...ofSpans, ...ofResources].slice(0, limit);
  }
}

interface ValueRow {
  readonly valueType: number;
  readonly valueText: string;
  readonly spans: number;
}
