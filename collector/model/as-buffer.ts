// Bytes as a Buffer, without copying them: a Buffer that was sent to another thread arrives there as a plain array of bytes.

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
