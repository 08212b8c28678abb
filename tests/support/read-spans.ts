// Decodes export requests into plain spans with their service in OTLP/JSON shape.

import { decodeRequest } from '#deploy/replay/decode-request.ts';

/** A span as OTLP/JSON shows it, with its resource's service and host. */
export interface ReadSpan {
  service: string;
  host: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code?: number; message?: string };
  attributes?: { key: string; value: Record<string, unknown> }[];
  events?: { timeUnixNano: string; name?: string; attributes?: unknown[] }[];
  links?: { traceId: string; spanId: string }[];
}

interface ReadRequest {
  resourceSpans?: { resource?: { attributes?: ReadSpan['attributes'] }; scopeSpans?: { spans?: ReadSpan[] }[] }[];
}

/** All spans of one ExportTraceServiceRequest. */
export function readSpans(request: Uint8Array): ReadSpan[] {
  const { resourceSpans = [] } = decodeRequest('traces', request) as ReadRequest;
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const text = (key: string): string => {
      const value = resource?.attributes?.find((attribute) => attribute.key === key)?.value['stringValue'];
      return typeof value === 'string' ? value : '';
    };
    const service = text('service.name');
    const host = text('host.name');
    return scopeSpans.flatMap(({ spans = [] }) =>
      spans.map((span) => ({ ...span, kind: span.kind ?? 0, service, host })),
    );
  });
}
