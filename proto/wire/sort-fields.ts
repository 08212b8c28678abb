// Puts the fields of one protobuf message into the order of their numbers; those with the same number stay in theirs.
import { varint32Bytes } from './varint.ts';
import { fieldNumber, WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, wireType } from './wire-type.ts';

/** A message with more changes from field to field stays as it is: no message of OTLP has so many fields. */
const MOST_RUNS = 64;

/** @param message whole and well-formed, without groups: it is changed in place */
export function sortFields(message: Uint8Array): void {
  const runs: { readonly number: number; readonly from: number; to: number }[] = [];
  for (let at = 0; at < message.length;) {
    const tag = varintAt(message, at);
    const number = fieldNumber(tag);
    const to = endOf(message, at + varint32Bytes(tag), wireType(tag));
    const last = runs.at(-1);
    if (last?.number === number) last.to = to;
    else if (runs.length === MOST_RUNS) return;
    else runs.push({ number, from: at, to });
    at = to;
  }
  runs.sort((a, b) => a.number - b.number);
  const before = message.slice();
  let at = 0;
  for (const { from, to } of runs) {
    message.set(before.subarray(from, to), at);
    at += to - from;
  }
}

function endOf(message: Uint8Array, at: number, type: number): number {
  switch (type) {
    case WIRE_FIXED64:
      return at + 8;
    case WIRE_FIXED32:
      return at + 4;
    case WIRE_BYTES: {
      const length = varintAt(message, at);
      return at + varint32Bytes(length) + length;
    }
    default: {
      let end = at;
      while (message[end]! >= 0x80) end++;
      return end + 1;
    }
  }
}

function varintAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  let scale = 1;
  for (let i = at; ; i++) {
    value += (bytes[i]! & 0x7f) * scale;
    if (bytes[i]! < 0x80) return value;
    scale *= 128;
  }
}
