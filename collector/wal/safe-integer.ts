// Whole numbers below 2^53 in 8 bytes, little-endian.
import { TWO_32 } from '#proto/model/halves.ts';

export function writeSafeInteger(out: Buffer, at: number, value: number): void {
  out.writeUInt32LE(value % TWO_32, at);
  out.writeUInt32LE(Math.floor(value / TWO_32), at + 4);
}

export function readSafeInteger(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * TWO_32 + bytes.readUInt32LE(at);
}
