// Policy span_count: bounds inclusive, no upper one when it is 0. With span-ingest it counts all spans of the trace so far.
import { Block } from '../block.ts';
import { voteOf, type BuildPolicy } from '../policy.ts';

/** The Collector's bounds are int32; beyond, they wrap and keep what nobody wrote. */
const MAX_SPANS = 2 ** 31 - 1;

export const buildSpanCount: BuildPolicy = (block, path, { errors }) => {
  const read = new Block(block, path, { min_spans: 'int', max_spans: 'int' }, errors);
  for (const key of ['min_spans', 'max_spans']) {
    if (read.number(key) > MAX_SPANS || read.number(key) < -MAX_SPANS - 1)
      read.fail(key, 'is beyond 31 bits, where the Collector wraps', `write at most ${MAX_SPANS}`);
  }
  if (read.failed) return undefined;
  const least = read.number('min_spans');
  const most = read.number('max_spans');
  return ({ traceSpans }) => voteOf(traceSpans >= least && (most === 0 || traceSpans <= most));
};
