// Policy latency: the span of all times so far, tested after every span in arrival order (so a prefix of the trace can match), on whole ms.
import { NS_PER_MS, nanosOf } from '#proto/model/unix-nano.ts';
import { Block } from '../block.ts';
import { voteOf, type BuildPolicy } from '../policy.ts';

export const buildLatency: BuildPolicy = (block, path, { errors }) => {
  const read = new Block(block, path, { threshold_ms: 'int', upper_threshold_ms: 'int' }, errors);
  if (read.failed) return undefined;
  const threshold = read.number('threshold_ms');
  const upper = read.number('upper_threshold_ms');
  return ({ view }) => {
    const { spans } = view.memory;
    let [minHi, minLo, maxHi, maxLo] = [0, 0, 0, 0];
    for (let i = 0; i < view.count; i++) {
      const row = view.rows[i]!;
      const [startHi, startLo, endHi, endLo] = [
        spans.startHi[row]!,
        spans.startLo[row]!,
        spans.endHi[row]!,
        spans.endLo[row]!,
      ];
      // 0 is the mark of "not set" there, also when it is a time.
      if ((minHi | minLo) === 0 || startHi < minHi || (startHi === minHi && startLo < minLo))
        [minHi, minLo] = [startHi, startLo];
      if ((maxHi | maxLo) === 0 || endHi > maxHi || (endHi === maxHi && endLo > maxLo)) [maxHi, maxLo] = [endHi, endLo];
      const ms = Math.trunc(nanosOf(maxHi - minHi, maxLo - minLo) / NS_PER_MS);
      if (upper === 0 ? ms > threshold : threshold < ms && ms <= upper) return voteOf(true);
    }
    return voteOf(false);
  };
};
