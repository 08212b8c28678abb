// Bytes of a ResourceSpans as the Collector's own encoder writes it, counted on plain messages: one sentence for each field. Slow reference of
// collector/decide/otelcol/pdata-size.ts.

export type PlainValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: bigint }
  | { readonly doubleValue: number }
  | { readonly bytesValue: Uint8Array }
  | { readonly arrayValue: { readonly values: readonly PlainValue[] } }
  | { readonly kvlistValue: { readonly values: readonly PlainPair[] } }
  | { readonly nothing: true };
export interface PlainPair {
  readonly key: string;
  readonly value: PlainValue;
}
export interface PlainEvent {
  readonly time: bigint;
  readonly name: string;
  readonly attributes: readonly PlainPair[];
  readonly dropped: number;
}
export interface PlainLink {
  readonly traceState: string;
  readonly attributes: readonly PlainPair[];
  readonly dropped: number;
  readonly flags: number;
}
export interface PlainSpan {
  readonly traceState: string;
  readonly hasParent: boolean;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: readonly PlainPair[];
  readonly dropped: { readonly attributes: number; readonly events: number; readonly links: number };
  readonly events: readonly PlainEvent[];
  readonly links: readonly PlainLink[];
  readonly status: { readonly message: string; readonly code: number };
  readonly flags: number;
}
export interface PlainScope {
  readonly name: string;
  readonly version: string;
  readonly attributes: readonly PlainPair[];
  readonly dropped: number;
  readonly spans: readonly PlainSpan[];
}
export interface PlainResource {
  readonly attributes: readonly PlainPair[];
  readonly dropped: number;
  readonly scopes: readonly PlainScope[];
}

const TRACE_ID = 16;
const SPAN_ID = 8;

/** Tags of all these messages have one byte, but for fields of 16 and more. */
function tagBytes(field: number): number {
  return field < 16 ? 1 : 2;
}

function varintBytes(value: bigint): number {
  return Math.max(1, Math.ceil(BigInt.asUintN(64, value).toString(2).length / 7));
}

/** With tag and length. */
function lengthDelimited(field: number, bytes: number): number {
  return tagBytes(field) + varintBytes(BigInt(bytes)) + bytes;
}

/** A text, a number or a fixed field that is empty or zero is not written. */
function textField(field: number, text: string): number {
  return text === '' ? 0 : lengthDelimited(field, Buffer.byteLength(text));
}
function varintField(field: number, value: number): number {
  return value === 0 ? 0 : tagBytes(field) + varintBytes(BigInt(value));
}
function fixedField(field: number, bytes: 4 | 8, value: bigint): number {
  return value === 0n ? 0 : tagBytes(field) + bytes;
}
function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}

/** The value is written, whatever it holds; one that holds nothing is an empty message. */
function valueBytes(value: PlainValue): number {
  if ('stringValue' in value) return lengthDelimited(1, Buffer.byteLength(value.stringValue));
  if ('boolValue' in value) return 2;
  if ('intValue' in value) return 1 + varintBytes(value.intValue);
  if ('doubleValue' in value) return 9;
  if ('arrayValue' in value)
    return lengthDelimited(5, sum(value.arrayValue.values.map((one) => lengthDelimited(1, valueBytes(one)))));
  if ('kvlistValue' in value) return lengthDelimited(6, sum(value.kvlistValue.values.map((one) => pairField(1, one))));
  return 'bytesValue' in value ? lengthDelimited(7, value.bytesValue.length) : 0;
}

function pairField(field: number, { key, value }: PlainPair): number {
  return lengthDelimited(field, textField(1, key) + lengthDelimited(2, valueBytes(value)));
}

function pairsField(field: number, pairs: readonly PlainPair[]): number {
  return sum(pairs.map((pair) => pairField(field, pair)));
}

function eventBytes({ time, name, attributes, dropped }: PlainEvent): number {
  return fixedField(1, 8, time) + textField(2, name) + pairsField(3, attributes) + varintField(4, dropped);
}

/** Ids are always written. */
function linkBytes({ traceState, attributes, dropped, flags }: PlainLink): number {
  return (
    lengthDelimited(1, TRACE_ID) +
    lengthDelimited(2, SPAN_ID) +
    textField(3, traceState) +
    pairsField(4, attributes) +
    varintField(5, dropped) +
    fixedField(6, 4, BigInt(flags))
  );
}

/** An id of zeros has no bytes; the status is always written. */
function spanBytes(span: PlainSpan): number {
  return (
    lengthDelimited(1, TRACE_ID) +
    lengthDelimited(2, SPAN_ID) +
    textField(3, span.traceState) +
    lengthDelimited(4, span.hasParent ? SPAN_ID : 0) +
    textField(5, span.name) +
    varintField(6, span.kind) +
    fixedField(7, 8, span.start) +
    fixedField(8, 8, span.end) +
    pairsField(9, span.attributes) +
    varintField(10, span.dropped.attributes) +
    sum(span.events.map((event) => lengthDelimited(11, eventBytes(event)))) +
    varintField(12, span.dropped.events) +
    sum(span.links.map((link) => lengthDelimited(13, linkBytes(link)))) +
    varintField(14, span.dropped.links) +
    lengthDelimited(15, textField(2, span.status.message) + varintField(3, span.status.code)) +
    fixedField(16, 4, BigInt(span.flags))
  );
}

function scopeBytes({ name, version, attributes, dropped }: PlainScope): number {
  return textField(1, name) + textField(2, version) + pairsField(3, attributes) + varintField(4, dropped);
}

/** Without tag and length. Schema URLs are not counted. */
export function plainResourceSpansBytes({ attributes, dropped, scopes }: PlainResource): number {
  return (
    lengthDelimited(1, pairsField(1, attributes) + varintField(2, dropped)) +
    sum(
      scopes.map((scope) =>
        lengthDelimited(
          2,
          lengthDelimited(1, scopeBytes(scope)) + sum(scope.spans.map((span) => lengthDelimited(2, spanBytes(span)))),
        ),
      ),
    )
  );
}
