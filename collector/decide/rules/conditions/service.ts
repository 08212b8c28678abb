// Condition: the service of a span, its resource's service.name.
import { VALUE_STRING } from '#proto/otlp/enums.ts';
import { OVERFLOW_SLOT } from '#collector/model/intern-table.ts';
import type { ValueTest } from '../../values/attribute-test.ts';
import type { SpanCondition } from '../condition.ts';
import { compileSlotTest } from '../../values/slot-test.ts';

export const serviceCondition: SpanCondition = {
  key: 'service',
  description:
    'Service of the span (service.name of its resource, else unknown_service): a text, a list, or matches with a regular expression.',
  example: 'service: checkout',
  cost: 1,
  compile(written, path, { errors, keys }) {
    const test = compileSlotTest(written, path, errors);
    if (test === undefined) return undefined;
    const key = keys.slot('service.name');
    const ofBytes: ValueTest = (bytes, type, start, end) => type === VALUE_STRING && test.bytes(bytes, start, end);
    return (cursor) => {
      const { spans, resources, services } = cursor.view.memory;
      const slot = resources.service[spans.resource[cursor.row]!]!;
      if (slot !== OVERFLOW_SLOT) return test.slot(services, slot);
      return cursor.resourceAttribute(key, ofBytes);
    };
  },
};
