// One trace filter as SQL conditions with bound values; used by search, heatmap, facets and critical paths alike.
import type { Expression } from '#proto/search/expression.ts';
import type { AttributeRows } from '../search/attribute-sql.ts';
import { Binder } from '../search/bind.ts';
import { resourceKeys } from '../search/resource-keys.ts';
import { countFromSummary, spanTest, split, traceConditions } from '../search/trace-sql.ts';
import type { Bindings } from '../database.ts';
import type { TableReader } from '../table-reader.ts';
import { inNanoseconds, rangeBindings } from '../time-range.ts';
import type { TraceFilter } from './contract.ts';

export class FilterSql {
  /** Conditions on the traces table (read with FINAL). Every user value is bound; only the structure of the expression changes the text. */
  readonly where: string;
  /** How many spans of a trace match, of the summary; undefined where they have to be counted. */
  readonly spanCount: string | undefined;
  readonly #filter: TraceFilter;
  readonly #rows: AttributeRows;
  readonly #ofSpan: Expression | undefined;

  private constructor(filter: TraceFilter, rows: AttributeRows) {
    this.#filter = filter;
    this.#rows = rows;
    this.#ofSpan = split(filter.where).ofSpan;
    const conditions = [inNanoseconds('start'), ...traceConditions(filter.where, rows)];
    if (filter.traceId !== undefined)
      conditions.push(`trace_id = unhex(${rows.binder.bind(filter.traceId, 'String')})`);
    this.where = conditions.join(' AND ');
    this.spanCount = countFromSummary(this.#ofSpan, rows);
  }

  /** Asks which attributes resources have, where the filter names one. */
  static async of(filter: TraceFilter, tables: TableReader): Promise<FilterSql> {
    return new FilterSql(filter, { binder: new Binder(), resourceKeys: await resourceKeys(tables, filter.where) });
  }

  /** Any span of a matching trace matches. */
  get isOfAnySpan(): boolean {
    return this.#ofSpan === undefined;
  }

  /** Conditions on the spans table, of the spans that match; those on their trace stand in {@link where}. */
  get spanWhere(): string {
    const inRange = inNanoseconds('trace_start');
    return this.#ofSpan === undefined ? inRange : `${inRange} AND ${spanTest(this.#ofSpan, this.#rows)}`;
  }

  get binder(): Binder {
    return this.#rows.binder;
  }

  get bindings(): Bindings {
    return { ...rangeBindings(this.#filter.range), ...this.#rows.binder.bindings };
  }
}
