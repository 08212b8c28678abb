// limit_ratio of the plain evaluator: the place of a series between 0 and 1 is the hash of its labels, worked out in whole numbers.
import xxhash from 'xxhash-wasm';
import type { LabelSet } from '#query/promql/labels.ts';
import type { Sample } from './plain-value.ts';

const hashes = await xxhash();

/** Prometheus hashes names and values one after the other, each behind its length. */
function hashOf(labels: LabelSet): bigint {
  const bytes: number[] = [];
  for (const text of [...labels.entries()].flat()) {
    const encoded = [...Buffer.from(text)];
    if (encoded.length < 255) bytes.push(encoded.length);
    else
      bytes.push(
        255,
        encoded.length % 256,
        Math.floor(encoded.length / 256) % 256,
        Math.floor(encoded.length / 65_536),
      );
    bytes.push(...encoded);
  }
  return hashes.h64Raw(Uint8Array.from(bytes));
}

export function limitRatio(vector: readonly Sample[], written: number): Sample[] {
  const ratio = Math.max(-1, Math.min(1, written));
  if (ratio === 0) return [];
  return vector.filter(({ labels }) => {
    const place = Number(hashOf(labels)) / 2 ** 64;
    return ratio > 0 ? place < ratio : place >= 1 + ratio;
  });
}
