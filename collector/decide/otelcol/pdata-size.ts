// Bytes that the Collector counts for a trace: its own encoding of what it received, which always writes ids, resource, scope, status
// and values, even when they are empty, and forgets schema URLs and unknown fields.
import {
  ANY_VALUE,
  ARRAY_VALUE,
  ENTITY_REF,
  INSTRUMENTATION_SCOPE,
  KEY_VALUE,
  KEY_VALUE_LIST,
  RESOURCE,
  SPAN,
  SPAN_EVENT,
  SPAN_LINK,
  STATUS,
} from '#proto/otlp/fields.ts';
import { varint32Bytes } from '#proto/wire/varint.ts';
import { WireWalk } from '#proto/wire/walk.ts';
import { MARK_BATCH } from '#collector/model/span-table.ts';
import type { SpanMemory, TraceView } from '#collector/model/trace.ts';

/** `always`: written when empty too. `choice`: a oneof, written once, also when it holds zero. */
interface FieldShape {
  readonly kind: 'text' | 'id' | 'varint' | 'fixed' | 'one' | 'many' | 'texts';
  readonly shape?: () => Shape;
}
interface Shape {
  readonly choice?: true;
  /** By tag. */
  readonly fields: Readonly<Record<number, FieldShape>>;
}

const text: FieldShape = { kind: 'text' };
const id: FieldShape = { kind: 'id' };
const varint: FieldShape = { kind: 'varint' };
const fixed: FieldShape = { kind: 'fixed' };
const texts: FieldShape = { kind: 'texts' };
const many = (shape: () => Shape): FieldShape => ({ kind: 'many', shape });
const one = (shape: () => Shape): FieldShape => ({ kind: 'one', shape });

const KEY_VALUE_SHAPE: Shape = { fields: { [KEY_VALUE.key]: text, [KEY_VALUE.value]: one(() => ANY_VALUE_SHAPE) } };
const ARRAY_SHAPE: Shape = { fields: { [ARRAY_VALUE.values]: many(() => ANY_VALUE_SHAPE) } };
const PAIRS_SHAPE: Shape = { fields: { [KEY_VALUE_LIST.values]: many(() => KEY_VALUE_SHAPE) } };
const ANY_VALUE_SHAPE: Shape = {
  choice: true,
  fields: {
    [ANY_VALUE.stringValue]: text,
    [ANY_VALUE.boolValue]: varint,
    [ANY_VALUE.intValue]: varint,
    [ANY_VALUE.doubleValue]: fixed,
    [ANY_VALUE.arrayValue]: one(() => ARRAY_SHAPE),
    [ANY_VALUE.kvlistValue]: one(() => PAIRS_SHAPE),
    [ANY_VALUE.bytesValue]: text,
  },
};
const STATUS_SHAPE: Shape = { fields: { [STATUS.message]: text, [STATUS.code]: varint } };
const EVENT_SHAPE: Shape = {
  fields: {
    [SPAN_EVENT.timeUnixNano]: fixed,
    [SPAN_EVENT.name]: text,
    [SPAN_EVENT.attributes]: many(() => KEY_VALUE_SHAPE),
    [SPAN_EVENT.droppedAttributesCount]: varint,
  },
};
const LINK_SHAPE: Shape = {
  fields: {
    [SPAN_LINK.traceId]: id,
    [SPAN_LINK.spanId]: id,
    [SPAN_LINK.traceState]: text,
    [SPAN_LINK.attributes]: many(() => KEY_VALUE_SHAPE),
    [SPAN_LINK.droppedAttributesCount]: varint,
    [SPAN_LINK.flags]: fixed,
  },
};
const ENTITY_SHAPE: Shape = {
  fields: {
    [ENTITY_REF.schemaUrl]: text,
    [ENTITY_REF.type]: text,
    [ENTITY_REF.idKeys]: texts,
    [ENTITY_REF.descriptionKeys]: texts,
  },
};
const RESOURCE_SHAPE: Shape = {
  fields: {
    [RESOURCE.attributes]: many(() => KEY_VALUE_SHAPE),
    [RESOURCE.droppedAttributesCount]: varint,
    [RESOURCE.entityRefs]: many(() => ENTITY_SHAPE),
  },
};
const SCOPE_SHAPE: Shape = {
  fields: {
    [INSTRUMENTATION_SCOPE.name]: text,
    [INSTRUMENTATION_SCOPE.version]: text,
    [INSTRUMENTATION_SCOPE.attributes]: many(() => KEY_VALUE_SHAPE),
    [INSTRUMENTATION_SCOPE.droppedAttributesCount]: varint,
  },
};
const SPAN_SHAPE: Shape = {
  fields: {
    [SPAN.traceId]: id,
    [SPAN.spanId]: id,
    [SPAN.traceState]: text,
    [SPAN.parentSpanId]: id,
    [SPAN.name]: text,
    [SPAN.kind]: varint,
    [SPAN.startTimeUnixNano]: fixed,
    [SPAN.endTimeUnixNano]: fixed,
    [SPAN.attributes]: many(() => KEY_VALUE_SHAPE),
    [SPAN.droppedAttributesCount]: varint,
    [SPAN.events]: many(() => EVENT_SHAPE),
    [SPAN.droppedEventsCount]: varint,
    [SPAN.links]: many(() => LINK_SHAPE),
    [SPAN.droppedLinksCount]: varint,
    [SPAN.status]: one(() => STATUS_SHAPE),
    [SPAN.flags]: fixed,
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
  const walk = new WireWalk();
  walk.open(bytes, from, to);
  while (walk.next()) {
    const { tag } = walk;
    const field = fields[tag];
    if (field === undefined) continue;
    const size = fieldSize(walk, field, varint32Bytes(tag), choice === true, depth);
    if (field.kind === 'many' || field.kind === 'texts') repeated += size;
    else if (choice === true) chosen = size;
    else single.set(tag, size);
  }
  let total = repeated + chosen;
  for (const size of single.values()) total += size;
  return total;
}

function fieldSize(walk: WireWalk, field: FieldShape, tag: number, zeroToo: boolean, depth: number): number {
  const { bytes, from, to } = walk;
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
      if ((walk.lo | walk.hi) === 0) return zeroToo ? tag + 1 : 0;
      return tag + varintBytes64(walk.hi, walk.lo);
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
    const span = withLength(1, sizeOf(slabs.bytes(spans.slab[row]!), from, from + spans.length[row]!, SPAN_SHAPE, 0));
    const scope = scopes.messageOf(spans.scope[row]!);
    scopeSizes.set(
      group,
      (scopeSizes.get(group) ?? withLength(1, sizeOf(scope, 0, scope.length, SCOPE_SHAPE, 0))) + span,
    );
  }
  const resource = resources.messageOf(spans.resource[rows[0]!]!);
  let total = withLength(1, sizeOf(resource, 0, resource.length, RESOURCE_SHAPE, 0));
  for (const size of scopeSizes.values()) total += withLength(1, size);
  return total;
}

/** The same as one member of a list: what a trace of several grows by. */
export function listedBytes(resourceSpans: number): number {
  return withLength(1, resourceSpans);
}

/** Where the batch ends that begins at `from`: the spans of a trace that came in one ResourceSpans. Without marks neighbours of one resource count as one batch. */
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
