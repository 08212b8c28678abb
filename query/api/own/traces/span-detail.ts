// Spans in full: attributes, events, links, resource and scope, with their types.
import type { SpanDetail, SpanDetailResponse } from '#proto/api/trace.ts';
import type { StoredSpan, TraceReader } from '#query/store/traces/contract.ts';
import { NotFound } from '../request-error.ts';
import { decodeEvent, decodeLink } from './decode-event.ts';

export async function spanDetail(traces: TraceReader, traceId: string, spanId: string): Promise<SpanDetailResponse> {
  const found = await detailsOf(traces, await traces.spans({ traceIds: [traceId], spanId, order: 'start' }));
  if (found.length === 0)
    throw new NotFound('SPAN_NOT_FOUND', `trace ${traceId} has no stored span ${spanId}`, `ask /api/why/${traceId}`);
  return { spans: found };
}

/** All spans of several traces; unknown ids are left out. */
export async function fullTraces(traces: TraceReader, traceIds: readonly string[]): Promise<SpanDetailResponse> {
  return { spans: await detailsOf(traces, await traces.spans({ traceIds, order: 'start' })) };
}

export async function fullTrace(traces: TraceReader, traceId: string): Promise<SpanDetailResponse> {
  const { spans } = await fullTraces(traces, [traceId]);
  if (spans.length === 0)
    throw new NotFound('TRACE_NOT_FOUND', `no trace ${traceId} is stored`, `ask /api/why/${traceId}`);
  return { spans };
}

async function detailsOf(traces: TraceReader, spans: readonly StoredSpan[]): Promise<SpanDetail[]> {
  const [resources, scopes] = await Promise.all([
    traces.resources(spans.map(({ resourceId }) => resourceId)),
    traces.scopes(spans.map(({ scopeId }) => scopeId)),
  ]);
  const resourceOf = new Map(
    resources.map(({ id, schemaUrl, attributes }) => [id, { schema_url: schemaUrl, attributes: [...attributes] }]),
  );
  const scopeOf = new Map(
    scopes.map(({ id, name, version, schemaUrl, attributes }) => [
      id,
      { name, version, schema_url: schemaUrl, attributes: [...attributes] },
    ]),
  );
  return spans.map((span) => ({
    ...shapeSpan(span),
    resource: resourceOf.get(span.resourceId) ?? { schema_url: '', attributes: [] },
    scope: scopeOf.get(span.scopeId) ?? { name: '', version: '', schema_url: '', attributes: [] },
  }));
}

function shapeSpan(span: StoredSpan): Omit<SpanDetail, 'resource' | 'scope'> {
  const duration = BigInt(span.durationText);
  const links = span.linkMessages.map(decodeLink);
  const whole = links.filter((link) => link.trace_id.length === 32 && link.span_id.length === 16); // the others lead nowhere
  return {
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_span_id: span.parentSpanId,
    service: span.service,
    name: span.name,
    kind: span.kind,
    status_code: span.statusCode,
    status_message: span.statusMessage,
    start: span.startNs,
    duration_ns: Number(duration),
    end: String(BigInt(span.startNs) + duration),
    flags: span.flags,
    trace_state: span.traceState,
    weight: span.adjustedCount,
    attributes: [...span.attributes],
    events: span.eventMessages.map(decodeEvent),
    links: whole,
    dropped_attributes: span.droppedAttributes,
    dropped_events: span.droppedEvents,
    dropped_links: span.droppedLinks + links.length - whole.length,
  };
}
