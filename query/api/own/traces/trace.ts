// One trace by id, as columns: summary, spans in walking order, what they refer to, and who links here.
import type { TraceResponse } from '#proto/api/trace.ts';
import type { StoredResource, StoredScope } from '#query/store/identities.ts';
import type { DecisionReader } from '#query/store/decisions/contract.ts';
import type { InboundLink, SpanLists, SpanRepeat, TraceReader, WholeSummary } from '#query/store/traces/contract.ts';
import { NotFound } from '../request-error.ts';
import { linkedTraces } from './linked.ts';
import { orderSpans } from './order-spans.ts';
import { criticalPaths } from './path-pieces.ts';
import { shapeSummary } from './summary.ts';

export async function traceById(
  readers: { readonly traces: TraceReader; readonly decisions: DecisionReader },
  traceId: string,
): Promise<TraceResponse> {
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
  const columns = shapeSpans(spans, BigInt(startNs), resources, scopes);
  return {
    summary: { ...shapeWholeSummary(summary), end_to_end_ns: endToEndNs },
    ...columns,
    ...criticalPaths(columns),
    inbound_links: inboundLinks.map(shapeInboundLink),
    linked_traces: linked,
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

type SpanColumns = Omit<
  TraceResponse,
  'summary' | 'critical_path' | 'raw_critical_path' | 'inbound_links' | 'linked_traces'
>;

/** Parents before children, every list in this order. */
function shapeSpans(
  spans: SpanLists,
  originNs: bigint,
  resources: readonly StoredResource[],
  scopes: readonly StoredScope[],
): SpanColumns {
  const offsets = spans.startNs.map((start) => Number(BigInt(start) - originNs));
  const { order, parent } = orderSpans(
    spans.spanId,
    spans.parentSpanId,
    offsets.map((offset, i) => offset + (spans.skewNs[i] ?? 0)),
  );
  const ordered = <T>(list: readonly T[]): T[] => Array.from(order, (row) => list[row]!);
  const services = dictionary(ordered(spans.service));
  const names = dictionary(ordered(spans.name));
  const resourceIndex = new Map(resources.map(({ id }, i) => [id, i]));
  const scopeIndex = new Map(scopes.map(({ id }, i) => [id, i]));
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
    span_id: ordered(spans.spanId),
    parent_span_id: ordered(spans.parentSpanId),
    parent: Array.from(parent),
    service: services.index,
    name: names.index,
    kind: ordered(spans.kind),
    status: ordered(spans.status),
    start_offset_ns: ordered(offsets),
    duration_ns: ordered(spans.durationNs),
    skew_ns: ordered(spans.skewNs),
    skew_error_ns: ordered(spans.skewErrorNs),
    resource: ordered(spans.resourceId).map((id) => resourceIndex.get(id) ?? -1),
    scope: ordered(spans.scopeId).map((id) => scopeIndex.get(id) ?? -1),
    attribute_count: ordered(spans.attributeCount),
    event_count: ordered(spans.eventCount),
    link_count: ordered(spans.linkCount),
  };
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
