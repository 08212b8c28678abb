// Whole numbers below 2^53 in 8 bytes, little-endian.

const TWO_32 = 4_294_967_296;

export function writeSafeInteger(out: Buffer, at: number, value: number): void {
  out.writeUInt32LE(value % TWO_32, at);
  out.writeUInt32LE(Math.floor(value / TWO_32), at + 4);
}

export function readSafeInteger(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * TWO_32 + bytes.readUInt32LE(at);
}
