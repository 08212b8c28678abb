// Policy boolean_attribute: what is no bool reads as false.
import { VALUE_BOOL } from '#proto/otlp/enums.ts';
import type { ValueTest } from '../../values/attribute-test.ts';
import { present, someAttribute } from '../any-span.ts';
import { Block } from '../block.ts';
import { voteOf, type BuildPolicy } from '../policy.ts';

export const buildBooleanAttribute: BuildPolicy = (block, path, { errors, keys }) => {
  const read = new Block(block, path, { key: 'text', value: 'bool', invert_match: 'bool' }, errors);
  if (read.failed) return undefined;
  const slot = keys.slot(read.text('key'));
  const wanted = read.bool('value');
  const inverted = read.bool('invert_match');
  const equal: ValueTest = present((bytes, type, start) => (type === VALUE_BOOL && bytes[start] !== 0) === wanted);
  return (cursor) => voteOf(someAttribute(cursor, slot, equal, equal) !== inverted);
};
