// Stored spans as an ExportTraceServiceRequest again, so that rules read of them what they read when they came.
import { bytesFromBase64 } from '#proto/otlp/base64.ts';
import { jsonToProtobuf } from '#proto/otlp/json-to-protobuf.ts';
import { anyValueSchema } from '#proto/otlp/schema.ts';
import { WireWriter } from '#proto/wire/writer.ts';
import { listOf, numberOf, textOf, textsOf, type Cell, type Row } from '../store/database.ts';

/** Select list of the spans, in the order that {@link encodeStored} reads. */
export const STORED_SPAN_COLUMNS = `lower(hex(trace_id)), lower(hex(span_id)), lower(hex(parent_span_id)), name, kind, status_code, status_message,
  toUnixTimestamp64Nano(start), toString(duration_ns), flags, trace_state, attr_keys, attr_types, attr_values,
  arrayMap(e -> base64Encode(e), events), arrayMap(l -> base64Encode(l), links), toString(resource_id), toString(scope_id)`;
export const RESOURCE_COLUMN = 16;
export const SCOPE_COLUMN = 17;
/** An attribute is at most a request long. */
const MAX_VALUE_BYTES = 64 * 1024 * 1024;
const NO_PARENT = '0000000000000000';
const INT64_MASK = (1n << 64n) - 1n;

/** Resources and scopes by id, as `traces/identities.ts` reads them. */
export interface StoredIdentities {
  readonly resources: ReadonlyMap<string, Row>;
  readonly scopes: ReadonlyMap<string, Row>;
}

/**
 * @param spans of any traces, those of one resource and scope together in their order
 * @param thresholds by trace: the `th` that Winnow wrote itself is taken out again, since it is no word of an upstream sampler
 */
export function encodeStored(
  spans: readonly Row[],
  { resources, scopes }: StoredIdentities,
  thresholds: ReadonlyMap<string, string>,
): Uint8Array {
  const writer = new WireWriter(1024 * 1024);
  for (const ofResource of runs(spans, RESOURCE_COLUMN)) {
    const group = writer.open(1);
    const resource = resources.get(textOf(ofResource[0]?.[RESOURCE_COLUMN]));
    const resourceAt = writer.open(1);
    attributes(writer, 1, resource?.[4], resource?.[5], resource?.[6]);
    writer.close(resourceAt);
    for (const ofScope of runs(ofResource, SCOPE_COLUMN)) {
      const scopeSpans = writer.open(2);
      const scope = scopes.get(textOf(ofScope[0]?.[SCOPE_COLUMN]));
      const scopeAt = writer.open(1);
      writer.textField(1, textOf(scope?.[1]));
      writer.textField(2, textOf(scope?.[2]));
      attributes(writer, 3, scope?.[4], scope?.[5], scope?.[6]);
      writer.close(scopeAt);
      for (const row of ofScope) span(writer, row, thresholds.get(textOf(row[0])) ?? '');
      writer.close(scopeSpans);
    }
    if (textOf(resource?.[3]) !== '') writer.textField(3, textOf(resource?.[3]));
    writer.close(group);
  }
  return writer.finish().slice();
}

function runs(rows: readonly Row[], column: number): Row[][] {
  const groups: Row[][] = [];
  let last: string | undefined;
  for (const row of rows) {
    const key = textOf(row[column]);
    if (key === last) groups.at(-1)!.push(row);
    else groups.push([row]);
    last = key;
  }
  return groups;
}

function span(writer: WireWriter, row: Row, threshold: string): void {
  const at = writer.open(2);
  writer.bytesField(1, Buffer.from(textOf(row[0]), 'hex'));
  writer.bytesField(2, Buffer.from(textOf(row[1]), 'hex'));
  const state = withoutThreshold(textOf(row[10]), threshold);
  if (state !== '') writer.textField(3, state);
  if (textOf(row[2]) !== NO_PARENT) writer.bytesField(4, Buffer.from(textOf(row[2]), 'hex'));
  writer.textField(5, textOf(row[3]));
  uint(writer, 6, numberOf(row[4]));
  const start = BigInt(textOf(row[7]));
  fixed64(writer, 7, start);
  fixed64(writer, 8, start + BigInt(textOf(row[8])));
  attributes(writer, 9, row[11], row[12], row[13]);
  for (const event of textsOf(row[14])) writer.bytesField(11, Buffer.from(event, 'base64'));
  for (const link of textsOf(row[15])) writer.bytesField(13, Buffer.from(link, 'base64'));
  if (numberOf(row[5]) !== 0 || textOf(row[6]) !== '') {
    const status = writer.open(15);
    if (textOf(row[6]) !== '') writer.textField(2, textOf(row[6]));
    uint(writer, 3, numberOf(row[5]));
    writer.close(status);
  }
  if (numberOf(row[9]) !== 0) {
    writer.tag(16, 5);
    writer.fixed32(numberOf(row[9]));
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

function attributes(
  writer: WireWriter,
  field: number,
  keys: Cell | undefined,
  types: Cell | undefined,
  values: Cell | undefined,
): void {
  const codes = listOf(types);
  const texts = textsOf(values);
  for (const [i, key] of textsOf(keys).entries()) {
    const at = writer.open(field);
    writer.textField(1, key);
    const value = writer.open(2);
    anyValue(writer, numberOf(codes[i]), texts[i] ?? '');
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
