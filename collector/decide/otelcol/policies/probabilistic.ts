// Policy probabilistic: FNV-1a of salt and trace id against the percentage; with the gate usetracestate, and a trace that carries
// `rv` or `th`, its randomness against the threshold of that percentage.
import { Block } from '../block.ts';
import { DEFAULT_HASH_SALT, fnv1a, hashThreshold, hashTraceId, traceHash } from '../fnv.ts';
import { voteOf, type BuildPolicy, type PolicyTest } from '../policy.ts';

export const buildProbabilistic: BuildPolicy = (block, path, { errors, salts, useTraceState }) => {
  const read = new Block(block, path, { sampling_percentage: 'float', hash_salt: 'text' }, errors);
  const percentage = read.number('sampling_percentage');
  if (Number.isNaN(percentage))
    read.fail('sampling_percentage', 'is no number, which the Collector crashes on', 'write a number from 0 to 100');
  if (read.failed) return undefined;
  const threshold = hashThreshold(percentage);
  const salt = read.text('hash_salt') || DEFAULT_HASH_SALT;
  salts.add(salt);
  const salted = fnv1a(Buffer.from(salt));
  const [saltHi, saltLo] = [Number(salted >> 32n), Number(salted & 0xffffffffn)];
  const [mostHi, mostLo] = threshold < 0n ? [-1, 0] : [Number(threshold >> 32n), Number(threshold & 0xffffffffn)];
  const consistent = consistentThreshold(percentage);
  const evaluate: PolicyTest = (cursor) => {
    const { view } = cursor;
    cursor.threshold = consistent;
    if (useTraceState && cursor.hasSampling) return voteOf(cursor.randomness >= consistent);
    if (threshold < 0n) return voteOf(false);
    hashTraceId(saltHi, saltLo, view);
    return voteOf(traceHash.hi < mostHi || (traceHash.hi === mostHi && traceHash.lo <= mostLo));
  };
  const chance = Math.min(1, Math.max(0, percentage / 100));
  return { evaluate, chance: () => chance };
};

/** T = 2^56 - p * 2^56 with all its digits; p in doubles, as the Collector has it. */
function consistentThreshold(percentage: number): bigint {
  const ratio = percentage / 100;
  if (ratio >= 1) return 0n;
  const kept = ratio * 2 ** 56;
  return kept >= 1 ? 2n ** 56n - BigInt(Math.round(kept)) : 2n ** 56n;
}
