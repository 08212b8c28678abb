// One trace by id, as columns: summary, spans in walking order, what they refer to, and who links here.
import type { TraceResponse } from '#proto/api/trace.ts';
import type { SpanTable, TraceHeader, TracePaths } from '#proto/api/trace-columns.ts';
import type { StoredResource, StoredScope } from '#query/store/identities.ts';
import type { DecisionReader } from '#query/store/decisions/contract.ts';
import type { InboundLink, SpanColumns, SpanRepeat, TraceReader, WholeSummary } from '#query/store/traces/contract.ts';
import { NotFound } from '../request-error.ts';
import { linkedTraces } from './linked.ts';
import { orderSpans } from './order-spans.ts';
import { criticalPaths } from './path-pieces.ts';
import { shapeSummary } from './summary.ts';

export interface TraceAnswer {
  readonly header: TraceHeader;
  readonly spans: SpanTable;
  readonly paths: TracePaths;
}

export async function traceById(
  readers: { readonly traces: TraceReader; readonly decisions: DecisionReader },
  traceId: string,
): Promise<TraceAnswer> {
  const trace = await readers.traces.trace(traceId);
  if (trace === undefined) {
    throw new NotFound(
      'TRACE_NOT_FOUND',
      `no trace ${traceId} is stored`,
      `ask /api/why/${traceId} whether it was seen and why it is not here`,
    );
  }
  const { summary, spans, resources, scopes, inboundLinks, linkMessages } = trace;
  const { startNs, durationNs } = summary;
  const { linked, endToEndNs } = await linkedTraces(readers, { id: traceId, startNs, durationNs, linkMessages });
  const { table, ...texts } = shapeSpans(spans, BigInt(startNs), resources, scopes);
  return {
    header: {
      summary: { ...shapeWholeSummary(summary), end_to_end_ns: endToEndNs },
      ...texts,
      inbound_links: inboundLinks.map(shapeInboundLink),
      linked_traces: linked,
    },
    spans: table,
    paths: criticalPaths(table),
  };
}

function shapeWholeSummary(summary: WholeSummary): Omit<TraceResponse['summary'], 'end_to_end_ns'> {
  return {
    ...shapeSummary(summary),
    threshold: summary.thresholdHex,
    hosts: narrowest(summary.hostOffsets).map(({ host, offsetNs, errorNs }) => ({
      host,
      offset_ns: offsetNs,
      error_ns: errorNs,
    })),
    warning_spans: summary.warningSpans.map(({ kind, spanId }) => ({ kind, span_id: spanId })),
    critical_path: summary.criticalPath.toSorted((a, b) => b.ns - a.ns),
    repeats: summary.spanRepeats.map(shapeRepeat).toSorted((a, b) => b.span_ns - a.span_ns),
  };
}

/** Each host once: of the corrections that were in force when its spans were decided the most exact one. */
function narrowest(hosts: WholeSummary['hostOffsets']): WholeSummary['hostOffsets'] {
  const byHost = new Map<string, WholeSummary['hostOffsets'][number]>();
  for (const one of hosts.toSorted((a, b) => a.errorNs - b.errorNs || a.offsetNs - b.offsetNs))
    if (!byHost.has(one.host) || byHost.get(one.host)?.offsetNs === 0) byHost.set(one.host, one);
  return [...byHost.values()];
}

function shapeRepeat(run: SpanRepeat): NonNullable<TraceResponse['summary']['repeats']>[number] {
  return {
    first_span_id: run.firstSpanId,
    service: run.service,
    name: run.name,
    spans: run.spans,
    total_ns: run.totalNs,
    span_ns: run.spanNs,
  };
}

/** Parents before children, every column in this order. */
function shapeSpans(
  spans: SpanColumns,
  startNs: bigint,
  resources: readonly StoredResource[],
  scopes: readonly StoredScope[],
): Pick<TraceHeader, 'services' | 'names' | 'resources' | 'scopes'> & { readonly table: SpanTable } {
  const { count, skewNs } = spans;
  const before = Number(BigInt(spans.originNs) - startNs);
  const offset = spans.startNs.map((start) => start + before);
  const { order, parent } = orderSpans(
    spans.id,
    spans.parentId,
    offset.map((start, row) => start + skewNs[row]!),
  );
  const services = dictionary(spans.operations.map(({ service }) => service));
  const names = dictionary(spans.operations.map(({ name }) => name));
  const resourceIndex = new Map(resources.map(({ id }, i) => [id, i]));
  const scopeIndex = new Map(scopes.map(({ id }, i) => [id, i]));
  const resourceAt = spans.resourceIds.map((id) => resourceIndex.get(id) ?? -1);
  const scopeAt = spans.scopeIds.map((id) => scopeIndex.get(id) ?? -1);
  return {
    services: services.values,
    names: names.values,
    resources: resources.map(({ id, service, host, schemaUrl, attributes }) => ({
      id,
      service,
      host,
      schema_url: schemaUrl,
      attributes: [...attributes],
    })),
    scopes: scopes.map(({ id, name, version, schemaUrl, attributes }) => ({
      id,
      name,
      version,
      schema_url: schemaUrl,
      attributes: [...attributes],
    })),
    table: {
      count,
      id: idsInOrder(spans.id, order),
      parentId: idsInOrder(spans.parentId, order),
      parent,
      service: namesIn(services.index, spans.operation, order, new Uint32Array(count)),
      name: namesIn(names.index, spans.operation, order, new Uint32Array(count)),
      kind: inOrder(spans.kind, order, new Uint8Array(count)),
      status: inOrder(spans.status, order, new Uint8Array(count)),
      startOffsetNs: inOrder(offset, order, new Float64Array(count)),
      durationNs: inOrder(spans.durationNs, order, new Float64Array(count)),
      skewNs: inOrder(skewNs, order, new Float64Array(count)),
      skewErrorNs: inOrder(spans.skewErrorNs, order, new Float64Array(count)),
      resource: namesIn(resourceAt, spans.resource, order, new Int32Array(count)),
      scope: namesIn(scopeAt, spans.scope, order, new Int32Array(count)),
      attributeCount: inOrder(spans.attributeCount, order, new Uint16Array(count)),
      eventCount: inOrder(spans.eventCount, order, new Uint16Array(count)),
      linkCount: inOrder(spans.linkCount, order, new Uint16Array(count)),
    },
  };
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** HOT: per span. @param to is filled and returned */
function inOrder<T extends Numbers>(values: T, order: Int32Array, to: T): T {
  for (let i = 0; i < order.length; i++) to[i] = values[order[i]!]!;
  return to;
}

/** HOT: per span. The same of values by their place in a list. */
function namesIn<T extends Numbers>(values: readonly number[], places: Int32Array, order: Int32Array, to: T): T {
  for (let i = 0; i < order.length; i++) to[i] = values[places[order[i]!]!]!;
  return to;
}

/** @param ids two words each */
function idsInOrder(ids: Uint32Array, order: Int32Array): Uint32Array {
  const ordered = new Uint32Array(ids.length);
  for (let i = 0; i < order.length; i++) {
    ordered[2 * i] = ids[2 * order[i]!]!;
    ordered[2 * i + 1] = ids[2 * order[i]! + 1]!;
  }
  return ordered;
}

function shapeInboundLink(link: InboundLink): TraceResponse['inbound_links'][number] {
  return {
    span_id: link.targetSpanId,
    source_trace_id: link.sourceTraceId,
    source_span_id: link.sourceSpanId,
    source_service: link.sourceService,
    source_name: link.sourceName,
    source_start: link.sourceStartNs,
  };
}

function dictionary(texts: readonly string[]): { values: string[]; index: number[] } {
  const slots = new Map<string, number>();
  const index = texts.map((text) => {
    const slot = slots.get(text) ?? slots.size;
    slots.set(text, slot);
    return slot;
  });
  return { values: [...slots.keys()], index };
}
