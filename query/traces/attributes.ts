// Attributes as stored (three parallel arrays) to the typed list of the API.
import type { Attribute } from '#proto/api/common.ts';
import { numberOf, textsOf, listOf, type Cell } from '../store/database.ts';

/** Index = field number in OTLP AnyValue = stored attr_types. */
const ATTRIBUTE_TYPES = ['unset', 'string', 'bool', 'int', 'double', 'array', 'kvlist', 'bytes'] as const;

export function attributeType(code: number): Attribute['type'] {
  return ATTRIBUTE_TYPES[code] ?? 'unset';
}

export function attributesOf(keys: Cell | undefined, types: Cell | undefined, values: Cell | undefined): Attribute[] {
  const codes = listOf(types);
  const texts = textsOf(values);
  return textsOf(keys).map((key, i) => ({ key, type: attributeType(numberOf(codes[i])), value: texts[i] ?? '' }));
}
