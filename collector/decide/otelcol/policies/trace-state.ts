// Policy trace_state: some span's tracestate has the key with one of the values, exactly.
import { MARK_TRACE_STATE } from '#collector/model/span-table.ts';
import { someSpan } from '../any-span.ts';
import { Block } from '../block.ts';
import { voteOf, type BuildPolicy } from '../policy.ts';
import { parseTraceState } from '../w3c-trace-state.ts';

/** Key and value together; longer ones cannot stand in a tracestate and are ignored. */
const MAX_MEMBER = 256;

export const buildTraceState: BuildPolicy = (block, path, { errors }) => {
  const read = new Block(block, path, { key: 'text', values: 'texts' }, errors);
  if (read.failed) return undefined;
  const key = read.text('key');
  const wanted = new Set(
    read.texts('values').filter((value) => value !== '' && key.length + value.length < MAX_MEMBER),
  );
  return (cursor) =>
    voteOf(
      someSpan(cursor, (at) => {
        if ((at.view.memory.spans.marks[at.row]! & MARK_TRACE_STATE) === 0) return false;
        const value = parseTraceState(cursor.traceState())?.get(key);
        return value !== undefined && wanted.has(value);
      }),
    );
};
