// Condition: the kind of a span.
import { SPAN_KINDS } from '#proto/otlp/enums.ts';
import type { SpanCondition } from '../condition.ts';
import { compileWordTest } from '../../values/word-test.ts';

export const kindCondition: SpanCondition = {
  key: 'kind',
  description: 'Kind of the span: unspecified, internal, server, client, producer or consumer.',
  example: 'kind: [server, consumer]',
  cost: 0,
  compile(written, path, { errors }) {
    const wanted = compileWordTest(written, SPAN_KINDS, path, errors);
    return wanted === undefined ? undefined : (cursor) => wanted[cursor.view.memory.spans.kind[cursor.row]!] === 1;
  },
};
