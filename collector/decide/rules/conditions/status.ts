// Condition: the status code of a span.
import { STATUS_CODES } from '#proto/otlp/enums.ts';
import type { SpanCondition } from '../condition.ts';
import { compileWordTest } from '../../values/word-test.ts';

export const statusCondition: SpanCondition = {
  key: 'status',
  description: 'Status of the span: unset, ok or error. An unknown code is unset.',
  example: 'status: error',
  cost: 0,
  compile(written, path, { errors }) {
    const wanted = compileWordTest(written, STATUS_CODES, path, errors);
    return wanted === undefined ? undefined : (cursor) => wanted[cursor.view.memory.spans.status[cursor.row]!] === 1;
  },
};
