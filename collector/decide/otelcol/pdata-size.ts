// Bytes that the Collector counts for a trace: its own encoding of what it received, which always writes ids, resource, scope, status
// and values, even when they are empty, and forgets schema URLs and unknown fields.
import { MARK_BATCH } from '#collector/model/span-table.ts';
import type { SpanMemory, TraceView } from '#collector/model/trace.ts';
import { readVarint, skipField, walk } from '../values/protobuf-walk.ts';

/** `always`: written when empty too. `choice`: a oneof, written once, also when it holds zero. */
interface FieldShape {
  readonly kind: 'text' | 'id' | 'varint' | 'fixed' | 'one' | 'many' | 'texts';
  readonly shape?: () => Shape;
}
interface Shape {
  readonly choice?: true;
  readonly fields: Readonly<Record<number, FieldShape>>;
}

const text: FieldShape = { kind: 'text' };
const id: FieldShape = { kind: 'id' };
const varint: FieldShape = { kind: 'varint' };
const fixed: FieldShape = { kind: 'fixed' };
const texts: FieldShape = { kind: 'texts' };
const many = (shape: () => Shape): FieldShape => ({ kind: 'many', shape });
const one = (shape: () => Shape): FieldShape => ({ kind: 'one', shape });

const KEY_VALUE: Shape = { fields: { 1: text, 2: one(() => ANY_VALUE) } };
const ARRAY: Shape = { fields: { 1: many(() => ANY_VALUE) } };
const PAIRS: Shape = { fields: { 1: many(() => KEY_VALUE) } };
const ANY_VALUE: Shape = {
  choice: true,
  fields: { 1: text, 2: varint, 3: varint, 4: fixed, 5: one(() => ARRAY), 6: one(() => PAIRS), 7: text },
};
const STATUS: Shape = { fields: { 2: text, 3: varint } };
const EVENT: Shape = { fields: { 1: fixed, 2: text, 3: many(() => KEY_VALUE), 4: varint } };
const LINK: Shape = { fields: { 1: id, 2: id, 3: text, 4: many(() => KEY_VALUE), 5: varint, 6: fixed } };
const ENTITY: Shape = { fields: { 1: text, 2: text, 3: texts, 4: texts } };
const RESOURCE: Shape = { fields: { 1: many(() => KEY_VALUE), 2: varint, 3: many(() => ENTITY) } };
const SCOPE: Shape = { fields: { 1: text, 2: text, 3: many(() => KEY_VALUE), 4: varint } };
const SPAN: Shape = {
  fields: {
    1: id,
    2: id,
    3: text,
    4: id,
    5: text,
    6: varint,
    7: fixed,
    8: fixed,
    9: many(() => KEY_VALUE),
    10: varint,
    11: many(() => EVENT),
    12: varint,
    13: many(() => LINK),
    14: varint,
    15: one(() => STATUS),
    16: fixed,
  },
};
/** Values nested deeper count as empty; receivers refuse them anyway. */
const MAX_DEPTH = 64;

/** Bytes of a varint. */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Of all 64 bits, which a double would round up near a power of two. */
function varintBytes64(high: number, low: number): number {
  return Math.ceil((high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high)) / 7);
}

function withLength(tag: number, length: number): number {
  return tag + varintBytes(length) + length;
}

function sizeOf(bytes: Uint8Array, from: number, to: number, { fields, choice }: Shape, depth: number): number {
  if (depth > MAX_DEPTH) return 0;
  let repeated = 0;
  let chosen = 0;
  const single = new Map<number, number>();
  if (choice !== true) {
    for (const key in fields) {
      const { kind } = fields[key]!;
      if (kind === 'id' || kind === 'one') single.set(Number(key), 2);
    }
  }
  let at = from;
  while (at < to) {
    readVarint(bytes, at, to);
    const tag = walk.low;
    const start = walk.position;
    const end = skipField(bytes, start, to, tag & 7);
    const payload = (tag & 7) === 2 ? walk.position : start;
    at = end;
    const field = fields[tag >>> 3];
    if (field === undefined) continue;
    const tagBytes = tag >>> 3 < 16 ? 1 : 2;
    const size = fieldSize(bytes, payload, end, field, tagBytes, choice === true, depth);
    if (field.kind === 'many' || field.kind === 'texts') repeated += size;
    else if (choice === true) chosen = size;
    else single.set(tag >>> 3, size);
  }
  let total = repeated + chosen;
  for (const size of single.values()) total += size;
  return total;
}

function fieldSize(
  bytes: Uint8Array,
  from: number,
  to: number,
  field: FieldShape,
  tag: number,
  zeroToo: boolean,
  depth: number,
): number {
  switch (field.kind) {
    case 'text':
      return to > from || zeroToo ? withLength(tag, to - from) : 0;
    case 'texts':
      return withLength(tag, to - from);
    case 'id':
      return withLength(tag, isZero(bytes, from, to) ? 0 : to - from);
    case 'fixed':
      return zeroToo || !isZero(bytes, from, to) ? tag + (to - from) : 0;
    case 'varint':
      readVarint(bytes, from, to);
      if ((walk.low | walk.high) === 0) return zeroToo ? tag + 1 : 0;
      return tag + varintBytes64(walk.high, walk.low);
    default:
      return withLength(tag, sizeOf(bytes, from, to, field.shape!(), depth + 1));
  }
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

/**
 * One ResourceSpans with these rows, all of one resource, without tag and length.
 * @param scopeSpansOf which ScopeSpans a row came in; rows with the same number stand together
 */
export function resourceSpansBytes(
  memory: SpanMemory,
  rows: ArrayLike<number>,
  count: number,
  scopeSpansOf: (row: number) => number,
): number {
  if (count === 0) return 0;
  const { spans, slabs, resources, scopes } = memory;
  const scopeSizes = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    const group = scopeSpansOf(row);
    const from = spans.offset[row]!;
    const span = withLength(1, sizeOf(slabs.bytes(spans.slab[row]!), from, from + spans.length[row]!, SPAN, 0));
    const scope = scopes.messageOf(spans.scope[row]!);
    scopeSizes.set(group, (scopeSizes.get(group) ?? withLength(1, sizeOf(scope, 0, scope.length, SCOPE, 0))) + span);
  }
  const resource = resources.messageOf(spans.resource[rows[0]!]!);
  let total = withLength(1, sizeOf(resource, 0, resource.length, RESOURCE, 0));
  for (const size of scopeSizes.values()) total += withLength(1, size);
  return total;
}

/** The same as one member of a list: what a trace of several grows by. */
export function listedBytes(resourceSpans: number): number {
  return withLength(1, resourceSpans);
}

/** Where the batch ends that begins at `from`: the spans of a trace that came in one ResourceSpans. Without marks neighbours of one resource are taken for one. */
export function batchEnd({ memory, rows, count }: TraceView, from: number): number {
  const { spans } = memory;
  let to = from + 1;
  while (
    to < count &&
    (spans.marks[rows[to]!]! & MARK_BATCH) === 0 &&
    spans.resource[rows[to]!] === spans.resource[rows[from]!]
  )
    to++;
  return to;
}

/** Rows [from, to) as one ResourceSpans, without tag and length; spans of equal scopes stand together. */
export function batchBytes({ memory, rows }: TraceView, from: number, to: number): number {
  return resourceSpansBytes(memory, rows.subarray(from, to), to - from, (row) => memory.spans.scope[row]!);
}

/** A whole trace, as a list of the ResourceSpans in which it came. */
export function viewBytes(view: TraceView): number {
  let total = 0;
  for (let from = 0; from < view.count;) {
    const to = batchEnd(view, from);
    total += listedBytes(batchBytes(view, from, to));
    from = to;
  }
  return total;
}
