// Condition: whether a span has links.
import { MARK_LINKS } from '#collector/model/span-table.ts';
import { configError } from '#proto/config/config-error.ts';
import type { SpanCondition } from '../condition.ts';

export const linksCondition: SpanCondition = {
  key: 'links',
  description: 'Whether the span has links; at the trace: whether some span has.',
  example: 'links: true',
  cost: 0,
  compile(written, path, { errors }) {
    if (typeof written !== 'boolean') {
      errors.push(configError(path, written, 'is neither true nor false', 'write links: true or links: false'));
      return undefined;
    }
    return (cursor) => ((cursor.view.memory.spans.marks[cursor.row]! & MARK_LINKS) !== 0) === written;
  },
};
