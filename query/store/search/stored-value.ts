// A stored value as the search language writes it.
import { VALUE_BOOL, VALUE_DOUBLE, VALUE_INT } from '#proto/otlp/enums.ts';
import { stringValue, type Value } from '#proto/search/expression.ts';

/** @param type as it is stored */
export function valueOf(type: number, text: string): Value {
  switch (type) {
    case VALUE_BOOL:
      return { type: 'bool', bool: text === 'true' };
    case VALUE_INT:
      return { type: 'int', text };
    case VALUE_DOUBLE:
      return { type: 'double', number: Number(text) };
    default:
      return stringValue(text);
  }
}
