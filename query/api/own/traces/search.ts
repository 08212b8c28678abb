// Search, heatmap and facets over kept traces. Newest (or slowest) first with a keyset cursor, never an arbitrary LIMIT.
import type {
  FacetsQuery,
  FacetsResponse,
  HeatmapResponse,
  SearchQuery,
  SearchResponse,
  TraceFilter,
} from '#proto/api/search.ts';
import { combined, conjuncts, type Expression } from '#proto/search/expression.ts';
import type { FieldName } from '#proto/search/fields.ts';
import { printSearch } from '#proto/search/print.ts';
import { BY_TRACE_ID, nextCursor, parseCursor } from '../cursor.ts';
import type { Facet, TraceFilter as TraceFilterOfStore, TraceReader } from '#query/store/traces/contract.ts';
import { parseTraceFilter } from './parse-filter.ts';
import { shapeSummary } from './summary.ts';

const HEATMAP_COLUMNS = 100;
/** Values listed per facet; the rest is reached by typing. */
const FACET_VALUES = 20;
/** Attribute keys listed. */
const ATTRIBUTE_KEYS = 40;

export async function searchTraces(traces: TraceReader, query: SearchQuery, nowMs: number): Promise<SearchResponse> {
  const filter = parseTraceFilter(query, nowMs);
  const after = parseCursor(query.cursor, BY_TRACE_ID);
  const [page, total] = await Promise.all([
    traces.search(filter, query.sort, { limit: query.limit, after }),
    traces.totals(filter),
  ]);
  return {
    traces: page.rows.map(shapeSummary),
    next_cursor: nextCursor(page),
    total: {
      kept: total.kept,
      stands_for: total.standsFor,
      standard_error: total.standardError,
      spans: { kept: total.spans.kept, stands_for: total.spans.standsFor },
    },
  };
}

export async function heatmap(traces: TraceReader, query: TraceFilter, nowMs: number): Promise<HeatmapResponse> {
  const filter = parseTraceFilter(query, nowMs);
  const { startNs, endNs } = filter.range;
  const widthNs = (endNs - startNs + BigInt(HEATMAP_COLUMNS) - 1n) / BigInt(HEATMAP_COLUMNS);
  const cells = await traces.heatmap(filter, widthNs);
  return {
    start: String(startNs),
    end: String(endNs),
    columns: HEATMAP_COLUMNS,
    cells: cells.map(({ column, band, kept, standsFor, errors }) => [column, band, kept, standsFor, errors]),
  };
}

const FACETS = ['service', 'operation', 'errors', 'rule'] as const;

export async function facets(traces: TraceReader, query: FacetsQuery, nowMs: number): Promise<FacetsResponse> {
  const { facet, key, contains, ...asked } = query;
  const filter = parseTraceFilter(asked, nowMs);
  const answer = async (of: Facet): Promise<FacetsResponse['facets'][number]> => {
    const { values, distinct } = await traces.facet(withoutFacet(filter, of), {
      facet: of,
      limit: FACET_VALUES,
      contains,
    });
    const subject = values[0]?.condition.subject;
    return {
      facet: of.of,
      key: subject === undefined ? '' : subject.of === 'field' ? subject.field : subject.key,
      values: values.map(({ value, condition, kept, standsFor }) => ({
        value,
        condition: printSearch(condition),
        kept,
        stands_for: standsFor,
      })),
      distinct,
    };
  };
  if (key !== undefined) return { facets: [await answer({ of: 'attribute', key })], attributes: [] };
  if (facet !== undefined) return { facets: [await answer({ of: facet })], attributes: [] };
  const [attributes, ...listed] = await Promise.all([
    traces.attributeKeys(filter, ATTRIBUTE_KEYS),
    ...FACETS.map((of) => answer({ of })),
  ]);
  return { facets: listed, attributes: [...attributes] };
}

const FIELDS_OF_FACETS: Readonly<Record<Exclude<Facet['of'], 'attribute'>, readonly FieldName[]>> = {
  service: ['service'],
  operation: ['name', 'root.name'],
  errors: ['trace.errors'],
  rule: ['rule'],
};

/** Without the values of the facet that are chosen already: the others stay to be chosen beside them. */
function withoutFacet(filter: TraceFilterOfStore, facet: Facet): TraceFilterOfStore {
  const isOfFacet = (part: Expression): boolean => {
    if (part.kind !== 'comparison' || !['=', 'in', '>'].includes(part.operator)) return false;
    if (part.subject.of === 'attribute') return facet.of === 'attribute' && facet.key === part.subject.key;
    return facet.of !== 'attribute' && FIELDS_OF_FACETS[facet.of].includes(part.subject.field);
  };
  const others = conjuncts(filter.where).filter((part) => !isOfFacet(part));
  return { ...filter, where: combined('and', others) };
}
