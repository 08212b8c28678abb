// The hash of labels that Prometheus uses where a result depends on it: which series `limit_ratio` keeps, and when a group of rules is evaluated.
import xxhash from 'xxhash-wasm';
import type { LabelSet } from './labels.ts';

const hashes = await xxhash();
/** Longest text whose length Prometheus writes in one byte; longer ones take the byte 255 and three more. */
const ONE_BYTE_LENGTH = 254;

/** XXH64 of Prometheus' packed label sets: each name and value with its length before it. */
export function labelHash(labels: LabelSet): bigint {
  const parts: Uint8Array[] = [];
  for (const text of [...labels.entries()].flat()) {
    const bytes = Buffer.from(text);
    const { length } = bytes;
    parts.push(
      length <= ONE_BYTE_LENGTH
        ? Uint8Array.of(length)
        : Uint8Array.of(255, length & 255, (length >> 8) & 255, (length >> 16) & 255),
      bytes,
    );
  }
  return hashes.h64Raw(Buffer.concat(parts));
}
