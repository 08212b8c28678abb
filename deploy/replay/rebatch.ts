// Changes how many spans travel in one request: small requests are joined, large ones cut, bytes copied as they are.

import { RESOURCE_SPANS, SCOPE_SPANS, TRACES_DATA } from '#proto/otlp/fields.ts';
import { WireReader } from '#proto/wire/reader.ts';
import type { CaptureRequest } from './read/capture-request.ts';
import { RequestScan } from './scan-request.ts';

/**
 * Yields requests of at most `spansPerRequest` spans in the same order, filled as far as neighbours allow. Logs and
 * metrics pass unchanged and end the request before them.
 */
export async function* rebatch(
  requests: AsyncIterable<CaptureRequest>,
  spansPerRequest: number,
): AsyncGenerator<CaptureRequest> {
  const scan = new RequestScan();
  let parts: Uint8Array[] = [];
  let spans = 0;
  for await (const request of requests) {
    if (request.signal !== 'traces') {
      if (parts.length > 0) yield joined(parts);
      parts = [];
      spans = 0;
      yield request;
      continue;
    }
    for (const piece of cut(request.bytes, spansPerRequest)) {
      scan.scan('traces', piece);
      if (parts.length > 0 && spans + scan.items > spansPerRequest) {
        yield joined(parts);
        parts = [];
        spans = 0;
      }
      parts.push(piece);
      spans += scan.items;
    }
  }
  if (parts.length > 0) yield joined(parts);
}

// Protobuf messages of one type may be concatenated: repeated fields add up.
function joined(parts: Uint8Array[]): CaptureRequest {
  return { signal: 'traces', bytes: parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts) };
}

// Cuts a request into pieces of at most `limit` spans, each span under a copy of its own resource and scope.
function* cut(request: Uint8Array, limit: number): Generator<Uint8Array> {
  const scan = new RequestScan();
  scan.scan('traces', request);
  if (scan.items <= limit) {
    yield request;
    return;
  }
  const resources = new WireReader(request);
  while (resources.next()) {
    if (resources.fieldTag !== TRACES_DATA.resourceSpans) continue;
    const resource = splitMessage(request, resources.from, resources.to);
    for (const [from, to] of resource.repeated) {
      const scope = splitMessage(request, from, to);
      for (let i = 0; i < scope.repeated.length; i += limit) {
        const spans = scope.repeated
          .slice(i, i + limit)
          .map(([start, end]) => field(SCOPE_SPANS.spans, [request.subarray(start, end)]));
        yield field(TRACES_DATA.resourceSpans, [
          ...resource.rest,
          field(RESOURCE_SPANS.scopeSpans, [...scope.rest, ...spans]),
        ]);
      }
    }
  }
}

// Of a ResourceSpans its ScopeSpans, of a ScopeSpans its Spans: both lie in the same field.
const REPEATED = RESOURCE_SPANS.scopeSpans;

// The payload ranges of scope spans, or spans, and everything else of a message as whole fields.
function splitMessage(
  bytes: Uint8Array,
  from: number,
  to: number,
): { repeated: [number, number][]; rest: Uint8Array[] } {
  const repeated: [number, number][] = [];
  const rest: Uint8Array[] = [];
  const reader = new WireReader(bytes, from, to);
  let at = from;
  while (reader.next()) {
    if (reader.fieldTag === REPEATED) repeated.push([reader.from, reader.to]);
    else rest.push(bytes.subarray(at, reader.to));
    at = reader.to;
  }
  return { repeated, rest };
}

function field(tag: number, parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const prefix = [tag];
  let rest = length;
  while (rest >= 0x80) {
    prefix.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  prefix.push(rest);
  return Buffer.concat([Uint8Array.from(prefix), ...parts]);
}
