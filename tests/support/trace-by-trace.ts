// A capture as one request per trace, in order of first appearance: one ResourceSpans for each that holds spans of it, in file order,
// never merged. So were the recorded decisions of the Collector fed.
import { WireReader } from '#proto/wire/reader.ts';
import { WIRE_BYTES } from '#proto/wire/wire-type.ts';
import { field } from './trace-requests.ts';

const RESOURCE_SPANS = 1;
const SCOPE_SPANS = 2;
const SPANS = 2;
const TRACE_ID = 1;

/** ResourceSpans payloads by trace id. */
type Pieces = Map<string, Buffer[]>;

/** @param requests ExportTraceServiceRequest messages */
export function traceByTrace(requests: readonly Buffer[]): { readonly id: string; readonly body: Buffer }[] {
  const traces: Pieces = new Map();
  for (const request of requests) {
    for (const [start, end] of fieldsOf(request, RESOURCE_SPANS).matching)
      splitResourceSpans(request.subarray(start, end), traces);
  }
  return [...traces].map(([id, pieces]) => ({
    id,
    body: Buffer.concat(pieces.map((piece) => field(RESOURCE_SPANS, piece))),
  }));
}

function splitResourceSpans(message: Buffer, into: Pieces): void {
  const { matching, rest } = fieldsOf(message, SCOPE_SPANS);
  const scopesOf = new Map<string, Buffer[]>();
  for (const [start, end] of matching) {
    for (const [id, scope] of splitScopeSpans(message.subarray(start, end)))
      append(scopesOf, id, field(SCOPE_SPANS, scope));
  }
  for (const [id, scopes] of scopesOf) append(into, id, Buffer.concat([...rest, ...scopes]));
}

function splitScopeSpans(message: Buffer): Map<string, Buffer> {
  const { matching, rest } = fieldsOf(message, SPANS);
  const spansOf = new Map<string, Buffer[]>();
  for (const [start, end] of matching) {
    const span = message.subarray(start, end);
    const id = fieldsOf(span, TRACE_ID).matching.at(-1);
    if (id !== undefined) append(spansOf, span.toString('hex', ...id), field(SPANS, span));
  }
  return new Map([...spansOf].map(([id, spans]) => [id, Buffer.concat([...rest, ...spans])]));
}

function append(into: Map<string, Buffer[]>, key: string, value: Buffer): void {
  const known = into.get(key);
  if (known === undefined) into.set(key, [value]);
  else known.push(value);
}

/** Payload ranges of one field, and all others whole. */
function fieldsOf(message: Buffer, wanted: number): { readonly matching: [number, number][]; readonly rest: Buffer[] } {
  const matching: [number, number][] = [];
  const rest: Buffer[] = [];
  const reader = new WireReader(message);
  let at = 0;
  while (reader.next()) {
    if (reader.fieldTag === wanted * 8 + WIRE_BYTES) matching.push([reader.from, reader.to]);
    else rest.push(message.subarray(at, reader.to));
    at = reader.to;
  }
  return { matching, rest };
}
