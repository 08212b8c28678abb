// Stored spans as an ExportTraceServiceRequest again, so that rules read of them what they read when they came.
import { bytesFromBase64 } from '#proto/otlp/base64.ts';
import { jsonToProtobuf } from '#proto/otlp/json-to-protobuf.ts';
import { anyValueSchema } from '#proto/otlp/schema.ts';
import { WireWriter } from '#proto/wire/writer.ts';
import { attributeCode, type StoredAttribute } from '../store/attributes.ts';
import type { StoredResource, StoredScope } from '../store/identities.ts';
import type { StoredSpan } from '../store/traces/contract.ts';

/** An attribute is at most a request long. */
const MAX_VALUE_BYTES = 64 * 1024 * 1024;
const INT64_MASK = (1n << 64n) - 1n;

/** By id. */
export interface StoredIdentities {
  readonly resources: ReadonlyMap<string, StoredResource>;
  readonly scopes: ReadonlyMap<string, StoredScope>;
}

/**
 * @param spans of any traces, those of one resource and scope together in their order
 * @param thresholds by trace: the `th` that Winnow wrote itself is removed again, since no upstream sampler set it
 */
export function encodeStored(
  spans: readonly StoredSpan[],
  { resources, scopes }: StoredIdentities,
  thresholds: ReadonlyMap<string, string>,
): Uint8Array {
  const writer = new WireWriter(1024 * 1024);
  for (const ofResource of runs(spans, 'resourceId')) {
    const group = writer.open(1);
    const resource = resources.get(ofResource[0]?.resourceId ?? '');
    const resourceAt = writer.open(1);
    attributes(writer, 1, resource?.attributes ?? []);
    writer.close(resourceAt);
    for (const ofScope of runs(ofResource, 'scopeId')) {
      const scopeSpans = writer.open(2);
      const scope = scopes.get(ofScope[0]?.scopeId ?? '');
      const scopeAt = writer.open(1);
      writer.textField(1, scope?.name ?? '');
      writer.textField(2, scope?.version ?? '');
      attributes(writer, 3, scope?.attributes ?? []);
      writer.close(scopeAt);
      for (const one of ofScope) span(writer, one, thresholds.get(one.traceId) ?? '');
      writer.close(scopeSpans);
    }
    if (resource !== undefined && resource.schemaUrl !== '') writer.textField(3, resource.schemaUrl);
    writer.close(group);
  }
  return writer.finish().slice();
}

function runs(spans: readonly StoredSpan[], by: 'resourceId' | 'scopeId'): StoredSpan[][] {
  const groups: StoredSpan[][] = [];
  let last: string | undefined;
  for (const one of spans) {
    if (one[by] === last) groups.at(-1)!.push(one);
    else groups.push([one]);
    last = one[by];
  }
  return groups;
}

function span(writer: WireWriter, stored: StoredSpan, threshold: string): void {
  const at = writer.open(2);
  writer.bytesField(1, Buffer.from(stored.traceId, 'hex'));
  writer.bytesField(2, Buffer.from(stored.spanId, 'hex'));
  const state = withoutThreshold(stored.traceState, threshold);
  if (state !== '') writer.textField(3, state);
  if (stored.parentSpanId !== '') writer.bytesField(4, Buffer.from(stored.parentSpanId, 'hex'));
  writer.textField(5, stored.name);
  uint(writer, 6, stored.kind);
  const start = BigInt(stored.startNs);
  fixed64(writer, 7, start);
  fixed64(writer, 8, start + BigInt(stored.durationText));
  attributes(writer, 9, stored.attributes);
  for (const event of stored.eventMessages) writer.bytesField(11, event);
  for (const link of stored.linkMessages) writer.bytesField(13, link);
  if (stored.statusCode !== 0 || stored.statusMessage !== '') {
    const status = writer.open(15);
    if (stored.statusMessage !== '') writer.textField(2, stored.statusMessage);
    uint(writer, 3, stored.statusCode);
    writer.close(status);
  }
  if (stored.flags !== 0) {
    writer.tag(16, 5);
    writer.fixed32(stored.flags);
  }
  writer.close(at);
}

function uint(writer: WireWriter, field: number, value: number): void {
  if (value === 0) return;
  writer.tag(field, 0);
  writer.varint32(value);
}

function fixed64(writer: WireWriter, field: number, value: bigint): void {
  writer.tag(field, 1);
  writer.fixed64(Number((value & INT64_MASK) >> 32n), Number(value & 0xffff_ffffn));
}

function attributes(writer: WireWriter, field: number, list: readonly StoredAttribute[]): void {
  for (const { key, type, value: text } of list) {
    const at = writer.open(field);
    writer.textField(1, key);
    const value = writer.open(2);
    anyValue(writer, attributeCode(type), text);
    writer.close(value);
    writer.close(at);
  }
}

/** `type` is the field number in AnyValue. */
function anyValue(writer: WireWriter, type: number, text: string): void {
  switch (type) {
    case 1:
      writer.textField(1, text);
      break;
    case 2:
      writer.tag(2, 0);
      writer.varint32(text === 'true' ? 1 : 0);
      break;
    case 3: {
      const value = BigInt(text) & INT64_MASK;
      writer.tag(3, 0);
      writer.varint64(Number(value >> 32n), Number(value & 0xffff_ffffn));
      break;
    }
    case 4:
      writer.tag(4, 1);
      writer.double(Number(text));
      break;
    case 5:
    case 6:
      writer.raw(jsonToProtobuf(anyValueSchema, Buffer.from(text), MAX_VALUE_BYTES));
      break;
    case 7:
      writer.bytesField(7, bytesFromBase64(text) ?? new Uint8Array(0));
      break;
    default: // an attribute without a value
  }
}

/** @param threshold of the trace, hex digits */
function withoutThreshold(state: string, threshold: string): string {
  const own = threshold.replace(/0+$/, '');
  const members = state.split(',').map((member) => {
    if (!member.startsWith('ot=')) return member;
    const kept = member
      .slice(3)
      .split(';')
      .filter((item) => item !== `th:${own === '' ? '0' : own}`);
    return kept.length === 0 ? '' : `ot=${kept.join(';')}`;
  });
  return members.filter((member) => member !== '').join(',');
}
