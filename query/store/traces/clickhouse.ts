// Kept traces in ClickHouse: summaries in `traces` (see kept-traces.ts), spans in `spans`, the inbound side of links in `links`.
import { LINKS_TABLE } from '#proto/tables/links.ts';
import { RESOURCES_TABLE } from '#proto/tables/resources.ts';
import { SPANS_TABLE } from '#proto/tables/spans.ts';
import { TRACES_TABLE } from '#proto/tables/traces.ts';
import { hexId, message, number, text, unixNs } from '../columns.ts';
import type { Bindings, Database } from '../database.ts';
import type { Identities, StoredResource, StoredScope } from '../identities.ts';
import { pageOf, type Page, type PageRequest } from '../page.ts';
import { TableReader } from '../table-reader.ts';
import { INBOUND_LINK, STORED_SPAN, SUMMARY, WHOLE_SUMMARY } from './columns.ts';
import type {
  FacetAnswer,
  FacetRequest,
  HeatmapCell,
  KeyUse,
  LinkSource,
  PathOperation,
  PathTotals,
  SpanColumns,
  SpanOrder,
  SpanSelection,
  SpanTerm,
  StoredSpan,
  TraceFilter,
  TraceHead,
  TraceOrder,
  TraceReader,
  TraceSummary,
  TraceTotals,
  WholeTrace,
} from './contract.ts';
import { attributeKeys, facet } from './facets.ts';
import { FilterSql } from './filter-sql.ts';
import { traceTotals } from './totals.ts';
import { GatheredColumns } from './gathered-columns.ts';
import { KEPT_TRACES } from './kept-traces.ts';
import { OPERATION_TEXTS, SPAN_NUMBER_TYPES, SPAN_NUMBERS, spanColumns } from './span-columns.ts';
import { OWN_WEIGHT, WEIGHT } from './weight.ts';

/** Spans of one answer; a trace beyond it is cut. */
const MAX_SPANS = 1_000_000;
/** Links of one trace that are read, and that point at it: a batch has a hundred. */
const MAX_LINKS = 10_000;

const IDS = '(SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))';
/** Spans lie by the start of their trace: what is bound is where to look. */
const LOCATED = `trace_id IN ${IDS} AND has({starts:Array(Int64)}, toUnixTimestamp64Nano(trace_start)) AND trace_start >= fromUnixTimestamp64Nano({first:Int64}) AND trace_start <= fromUnixTimestamp64Nano({last:Int64})`;

const ORDERS: Readonly<Record<TraceOrder, { readonly key: string; readonly sql: string }>> = {
  newest: { key: 'toUnixTimestamp64Nano(start)', sql: 'toStartOfHour(start) DESC, start DESC, trace_id DESC' },
  slowest: { key: 'duration_ns', sql: 'duration_ns DESC, trace_id DESC' },
};
const SPAN_ORDERS: Readonly<Record<SpanOrder, string>> = {
  start: 'trace_id, start, span_id',
  identity: 'trace_id, resource_id, scope_id, start',
};

const HEATMAP_CELL = {
  column: number('intDiv(toUnixTimestamp64Nano(start) - {start:Int64}, {width:Int64})'),
  band: number('toInt32(floor(4 * log10(greatest(duration_ns / 1000, 1))))'),
  kept: number('count()'),
  standsFor: number(`sum(${WEIGHT})`),
  errors: number('countIf(error_count > 0)'),
};
const PATH_TOTALS = {
  kept: number('count()'),
  standsFor: number(`sum(${WEIGHT})`),
  durationNs: number(`sum(${WEIGHT} * duration_ns)`),
  pathNs: number(`sum(${WEIGHT} * arraySum(x -> x.path_ns, operations))`),
};
/** Of operations `op` of a trace with the weight `w`. */
const PATH_OPERATION = {
  service: text('op.service'),
  name: text('op.name'),
  onPathNs: number('sum(w * op.path_ns)'),
  selfNs: number('sum(w * op.self_ns)'),
  dragNs: number('sum(w * op.drag_ns)'),
  spans: number('sum(w * op.spans)'),
  onPathTraces: number('sumIf(w, op.path_ns > 0)'),
  slackNs: number('sumIf(w * op.slack_ns, op.slack_ns > 0)'),
  offPathTraces: number('sumIf(w, op.slack_ns > 0)'),
  exampleTraceId: text('lower(hex(argMax(trace_id, op.path_ns)))'),
};
const TRACE_START = { startNs: unixNs('start') };
const SPAN_ID = { spanId: hexId('span_id') };
const HOLDS_ATTRIBUTE =
  "arrayExists((k, v) -> k = {key:String} AND ({value:String} = '' OR lowerUTF8(v) = lowerUTF8({value:String})), attr_keys, attr_values)";
const HOLDS_TEXT =
  'arrayExists((k, v) -> positionCaseInsensitiveUTF8(k, {value:String}) > 0 OR positionCaseInsensitiveUTF8(v, {value:String}) > 0, attr_keys, attr_values)';
const SPAN_HOLDS_TEXT =
  'positionCaseInsensitiveUTF8(status_message, {value:String}) > 0 OR arrayExists(n -> positionCaseInsensitiveUTF8(n, {value:String}) > 0, event_names)';
const LINK = { linkMessage: message('arrayJoin(links)') };
const LINK_SOURCE = {
  traceId: hexId('source_trace_id'),
  service: text('any(source_service)'),
  name: text('any(source_name)'),
};
const HEAD = {
  traceId: hexId('trace_id'),
  rule: text('rule'),
  rootService: text('root_service'),
  rootName: text('root_name'),
  startNs: unixNs('first_start'),
  durationNs: number('duration_ns'),
};
const ADJUSTED_COUNT = { traceId: hexId('trace_id'), adjustedCount: number(OWN_WEIGHT) };
const STORED_COUNTS = {
  rowCount: number('count()'),
  spans: number('sum(span_count)'),
  lateSpans: number('sum(late_count)'),
};

export class ClickHouseTraces implements TraceReader {
  readonly #tables: TableReader;
  readonly #identities: Identities;

  constructor(db: Database, identities: Identities) {
    this.#tables = new TableReader(db, [TRACES_TABLE, SPANS_TABLE, LINKS_TABLE, RESOURCES_TABLE]);
    this.#identities = identities;
  }

  async search(filter: TraceFilter, order: TraceOrder, { limit, after }: PageRequest): Promise<Page<TraceSummary>> {
    const { where, bindings } = await FilterSql.of(filter, this.#tables);
    const { key, sql } = ORDERS[order];
    const behind = after === undefined ? '1' : `(${key}, trace_id) < ({cursor_key:Int64}, unhex({cursor_id:String}))`;
    const rows = await this.#tables.select(
      SUMMARY,
      `FROM ${KEPT_TRACES} WHERE ${where} AND ${behind} ORDER BY ${sql} LIMIT {limit:UInt32}`,
      { ...bindings, limit: limit + 1, ...(after && { cursor_key: after.key, cursor_id: after.tie }) },
    );
    return pageOf(rows, limit, (row) => ({
      key: order === 'slowest' ? String(row.durationNs) : row.placeNs,
      tie: row.traceId,
    }));
  }

  totals(filter: TraceFilter): Promise<TraceTotals> {
    return traceTotals(this.#tables, filter);
  }

  async heatmap(filter: TraceFilter, widthNs: bigint): Promise<readonly HeatmapCell[]> {
    const { where, bindings } = await FilterSql.of(filter, this.#tables);
    return this.#tables.select(
      HEATMAP_CELL,
      `FROM ${KEPT_TRACES} WHERE ${where} GROUP BY column, band ORDER BY column, band`,
      { ...bindings, width: String(widthNs) },
    );
  }

  facet(filter: TraceFilter, request: FacetRequest): Promise<FacetAnswer> {
    return facet(this.#tables, filter, request);
  }

  attributeKeys(filter: TraceFilter, limit: number): Promise<readonly KeyUse[]> {
    return attributeKeys(this.#tables, filter, limit);
  }

  async pathTotals(filter: TraceFilter): Promise<PathTotals> {
    const { where, bindings } = await FilterSql.of(filter, this.#tables);
    const rows = await this.#tables.select(PATH_TOTALS, `FROM ${KEPT_TRACES} WHERE ${where}`, bindings);
    return rows[0] ?? { kept: 0, standsFor: 0, durationNs: 0, pathNs: 0 };
  }

  async pathOperations(filter: TraceFilter, limit: number): Promise<readonly PathOperation[]> {
    const { where, bindings } = await FilterSql.of(filter, this.#tables);
    return this.#tables.select(
      PATH_OPERATION,
      `FROM (SELECT trace_id, ${WEIGHT} AS w, arrayJoin(operations) AS op FROM ${KEPT_TRACES} WHERE ${where})
       GROUP BY service, name ORDER BY onPathNs DESC, service, name LIMIT {limit:UInt32}`,
      { ...bindings, limit },
    );
  }

  async trace(traceId: string): Promise<WholeTrace | undefined> {
    const located = await this.#locate([traceId]);
    if (located === undefined) return undefined;
    const [summaries, spans, inboundLinks] = await Promise.all([
      this.#tables.select(
        WHOLE_SUMMARY,
        `FROM ${KEPT_TRACES} WHERE trace_id = unhex({id:String}) ORDER BY start LIMIT 1`,
        { id: traceId },
      ),
      this.#spanColumns(located),
      this.#tables.select(
        INBOUND_LINK,
        'FROM links WHERE target_trace_id = unhex({id:String}) ORDER BY target_span_id, source_start LIMIT {limit:UInt32}',
        { id: traceId, limit: MAX_LINKS },
      ),
    ]);
    const summary = summaries[0];
    if (summary === undefined) return undefined;
    const [resources, scopes, linkMessages] = await Promise.all([
      this.resources(spans.resourceIds),
      this.scopes(spans.scopeIds),
      spans.linkCount.some((count) => count > 0) ? this.#links(located) : [],
    ]);
    return { summary, spans, resources, scopes, inboundLinks, linkMessages };
  }

  async spans({ traceIds, spanId, order }: SpanSelection): Promise<readonly StoredSpan[]> {
    const located = await this.#locate(traceIds);
    if (located === undefined) return [];
    const ofSpan = spanId === undefined ? '' : 'AND span_id = unhex({span:String})';
    return this.#tables.select(
      STORED_SPAN,
      `FROM spans WHERE ${LOCATED} ${ofSpan} ORDER BY ${SPAN_ORDERS[order]} LIMIT {limit:UInt32}`,
      { ...located, ...(spanId !== undefined && { span: spanId }), limit: MAX_SPANS },
    );
  }

  async spansWith(traceId: string, { key, value }: SpanTerm, limit: number): Promise<readonly string[]> {
    const located = await this.#locate([traceId]);
    if (located === undefined) return [];
    const isHeld = key === undefined ? HOLDS_TEXT : HOLDS_ATTRIBUTE;
    const ownTexts = key === undefined ? `OR ${SPAN_HOLDS_TEXT}` : '';
    const rows = await this.#tables.select(
      SPAN_ID,
      `FROM spans WHERE ${LOCATED} AND (${isHeld} ${ownTexts} OR resource_id IN (SELECT id FROM resources WHERE ${isHeld})) LIMIT {limit:UInt32}`,
      { ...located, key: key ?? '', value, limit },
    );
    return rows.map(({ spanId }) => spanId);
  }

  resources(ids: Iterable<string>): Promise<readonly StoredResource[]> {
    return this.#identities.resources(ids);
  }

  scopes(ids: Iterable<string>): Promise<readonly StoredScope[]> {
    return this.#identities.scopes(ids);
  }

  linkedFrom(traceIds: readonly string[], limit: number): Promise<readonly LinkSource[]> {
    return this.#tables.select(
      LINK_SOURCE,
      `FROM links WHERE target_trace_id IN ${IDS} GROUP BY traceId ORDER BY min(source_start) LIMIT {limit:UInt32}`,
      { ids: traceIds, limit },
    );
  }

  heads(traceIds: readonly string[]): Promise<readonly TraceHead[]> {
    return this.#tables.select(
      HEAD,
      `FROM ${KEPT_TRACES} WHERE trace_id IN ${IDS} ORDER BY start LIMIT 1 BY trace_id`,
      { ids: traceIds },
    );
  }

  adjustedCounts(
    traceIds: readonly string[],
  ): Promise<readonly { readonly traceId: string; readonly adjustedCount: number }[]> {
    return this.#tables.select(ADJUSTED_COUNT, `FROM ${KEPT_TRACES} WHERE trace_id IN ${IDS}`, { ids: traceIds });
  }

  async storedCounts(traceId: string): Promise<{ readonly spans: number; readonly lateSpans: number } | undefined> {
    const [counts] = await this.#tables.select(STORED_COUNTS, 'FROM traces WHERE trace_id = unhex({id:String})', {
      id: traceId,
    });
    if (counts === undefined || counts.rowCount === 0) return undefined;
    return { spans: counts.spans, lateSpans: counts.lateSpans };
  }

  /** Where traces lie in the spans table, to be bound: usually one start each, two when one was decided twice. */
  async #locate(traceIds: readonly string[]): Promise<Bindings | undefined> {
    const rows = await this.#tables.select(
      TRACE_START,
      `FROM traces WHERE trace_id IN ${IDS}`,
      { ids: traceIds },
      { distinct: true },
    );
    const starts = rows.map(({ startNs }) => BigInt(startNs)).toSorted((a, b) => (a < b ? -1 : 1));
    if (starts.length === 0) return undefined;
    return { ids: traceIds, starts, first: String(starts[0]), last: String(starts.at(-1)) };
  }

  async #spanColumns(located: Bindings): Promise<SpanColumns> {
    const where = `FROM spans WHERE ${LOCATED}`;
    const bindings = { ...located, limit: MAX_SPANS };
    const gather = async (): Promise<GatheredColumns> => {
      const gathered = new GatheredColumns(SPAN_NUMBER_TYPES.length);
      const query = `SELECT ${SPAN_NUMBERS} ${where} LIMIT {limit:UInt32}`;
      for await (const block of this.#tables.selectBlocks(query, SPAN_NUMBER_TYPES, bindings, {})) gathered.add(block);
      return gathered;
    };
    const [numbers, operations] = await Promise.all([
      gather(),
      this.#tables.select(OPERATION_TEXTS, `${where} LIMIT {limit:UInt32}`, bindings, { distinct: true }),
    ]);
    return spanColumns(numbers, located, operations);
  }

  async #links(located: Bindings): Promise<Uint8Array[]> {
    const rows = await this.#tables.select(
      LINK,
      `FROM spans WHERE ${LOCATED} AND notEmpty(links) LIMIT {limit:UInt32}`,
      { ...located, limit: MAX_LINKS },
    );
    return rows.map(({ linkMessage }) => linkMessage);
  }
}
