// Compresses full segments outside of the event loop, and gives them back.
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib';

export interface SegmentCodec {
  /** MUST call `done` once, later: with the packed bytes, or undefined when that failed. The bytes are not written to meanwhile. */
  readonly pack: (bytes: Buffer, done: (packed: Buffer | undefined) => void) => void;
  /** @param maxBytes more than that is an error. @throws Error when the bytes are damaged */
  readonly unpack: (packed: Buffer, maxBytes: number) => Buffer;
}

/** The fastest level that still finds what spans repeat: names, keys, values. */
const LEVEL = 1;
/** Most segments come out in one piece of this size. */
const CHUNK_BYTES = 128 * 1024;

export const zstdCodec: SegmentCodec = {
  pack(bytes, done) {
    zstdCompress(
      bytes,
      { params: { [constants.ZSTD_c_compressionLevel]: LEVEL }, chunkSize: CHUNK_BYTES },
      (error, packed) => done(error === null ? copyOf(packed) : undefined),
    );
  },
  unpack: (packed, maxBytes) => zstdDecompressSync(packed, { maxOutputLength: maxBytes }),
};

/** What comes out of zlib holds memory of its chunk size. */
function copyOf(packed: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(packed.length);
  packed.copy(copy);
  return copy;
}
