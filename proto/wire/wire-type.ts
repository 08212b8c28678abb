// Tags of protobuf fields: a number and a wire type in one varint (https://protobuf.dev/programming-guides/encoding/#structure).

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_START_GROUP = 3;
export const WIRE_END_GROUP = 4;
export const WIRE_FIXED32 = 5;

/** Number of a field from its tag. HOT */
export function fieldNumber(tag: number): number {
  return tag >>> 3;
}

/** Wire type of a field from its tag. HOT */
export function wireType(tag: number): number {
  return tag & 7;
}
