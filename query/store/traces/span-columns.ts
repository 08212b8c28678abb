// Spans of one trace off the table `spans`, as columns of numbers: no object, no text for each. Texts are read once for all spans that have them.
import type { Bindings } from '../database.ts';
import type { GatheredColumns } from './gathered-columns.ts';
import { text, type Columns } from '../columns.ts';
import type { SpanColumns } from './contract.ts';

/** In this order, each of 8 bytes. Times are relative to the bound `first`, so that they are exact as numbers. */
export const SPAN_NUMBERS = `reinterpretAsUInt64(reverse(span_id)), reinterpretAsUInt64(reverse(parent_span_id)),
  toFloat64(toUnixTimestamp64Nano(start) - {first:Int64}), toFloat64(duration_ns), toFloat64(skew_ns), toFloat64(skew_error_ns),
  resource_id, scope_id, cityHash64(service, name),
  bitOr(bitOr(toUInt64(kind), bitShiftLeft(toUInt64(status_code), 8)), bitOr(bitShiftLeft(toUInt64(least(length(attr_keys), 65535)), 16),
    bitOr(bitShiftLeft(toUInt64(least(length(events), 65535)), 32), bitShiftLeft(toUInt64(least(length(links), 65535)), 48))))`;
export const SPAN_NUMBER_TYPES: readonly string[] = [
  'UInt64',
  'UInt64',
  'Float64',
  'Float64',
  'Float64',
  'Float64',
  'UInt64',
  'UInt64',
  'UInt64',
  'UInt64',
];
const [ID, PARENT, START, DURATION, SKEW, SKEW_ERROR, RESOURCE, SCOPE, OPERATION, SMALL] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
];

/** Of each operation of the trace. */
export const OPERATION_TEXTS = {
  hash: text('toString(cityHash64(service, name))'),
  operationService: text('service'),
  operationName: text('name'),
} satisfies Columns;
export interface OperationText {
  readonly hash: string;
  readonly operationService: string;
  readonly operationName: string;
}

/** @param located bindings that say where the spans are @param operations all that occur */
export function spanColumns(
  gathered: GatheredColumns,
  located: Bindings,
  operations: readonly OperationText[],
): SpanColumns {
  const count = gathered.rows;
  const small = new Uint16Array(gathered.cells(SMALL));
  const every = (part: number): Uint16Array => {
    const values = new Uint16Array(count);
    for (let i = 0; i < count; i++) values[i] = small[4 * i + part]!;
    return values;
  };
  const kindAndStatus = every(0);
  const resources = numbered(new BigUint64Array(gathered.cells(RESOURCE)));
  const scopes = numbered(new BigUint64Array(gathered.cells(SCOPE)));
  const used = numbered(new BigUint64Array(gathered.cells(OPERATION)));
  const byHash = new Map(operations.map((operation) => [operation.hash, operation]));
  return {
    count,
    originNs: String(located['first']),
    id: new Uint32Array(gathered.cells(ID)),
    parentId: new Uint32Array(gathered.cells(PARENT)),
    startNs: new Float64Array(gathered.cells(START)),
    durationNs: new Float64Array(gathered.cells(DURATION)),
    skewNs: new Float64Array(gathered.cells(SKEW)),
    skewErrorNs: new Float64Array(gathered.cells(SKEW_ERROR)),
    kind: Uint8Array.from(kindAndStatus, (both) => both & 0xff),
    status: Uint8Array.from(kindAndStatus, (both) => both >> 8),
    attributeCount: every(1),
    eventCount: every(2),
    linkCount: every(3),
    resource: resources.numbers,
    resourceIds: resources.values,
    scope: scopes.numbers,
    scopeIds: scopes.values,
    operation: used.numbers,
    operations: used.values.map((hash) => ({
      service: byHash.get(hash)?.operationService ?? '',
      name: byHash.get(hash)?.operationName ?? '',
    })),
  };
}

/** Distinct values in decimal, in the order in which they occur, and which of them each row has. */
function numbered(cells: BigUint64Array): { readonly numbers: Int32Array; readonly values: readonly string[] } {
  const known = new Map<bigint, number>();
  const numbers = new Int32Array(cells.length);
  let last: bigint | undefined;
  let number = 0;
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i]!;
    if (cell !== last) {
      last = cell;
      const its = known.get(cell);
      number = its ?? known.size;
      if (its === undefined) known.set(cell, number);
    }
    numbers[i] = number;
  }
  return { numbers, values: Array.from(known.keys(), String) };
}
