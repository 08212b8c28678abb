// Policy numeric_attribute: an attribute's int within bounds; 0 means "no bound", and what is no int reads as 0.
import { WireWalk } from '#proto/wire/walk.ts';
import { VALUE_INT } from '#proto/otlp/enums.ts';
import type { ValueTest } from '../../values/attribute-test.ts';
import { present, someAttribute } from '../any-span.ts';
import { Block } from '../block.ts';
import { voteOf, type BuildPolicy } from '../policy.ts';

export const buildNumericAttribute: BuildPolicy = (block, path, { errors, keys }) => {
  const read = new Block(
    block,
    path,
    { key: 'text', min_value: 'int', max_value: 'int', invert_match: 'bool' },
    errors,
  );
  if (read.failed) return undefined;
  const least = read.int64('min_value');
  const most = read.int64('max_value');
  if (least === 0n && most === 0n) {
    read.fail(
      'min_value',
      'and max_value are both absent or 0, which the Collector crashes on',
      'write a bound other than 0',
    );
    return undefined;
  }
  const slot = keys.slot(read.text('key'));
  const inverted = read.bool('invert_match');
  const int = new WireWalk();
  const within: ValueTest = present((bytes, type, start) => {
    let value = 0n;
    if (type === VALUE_INT) {
      int.varintAt(bytes, start);
      value = int.signed;
    }
    return (least === 0n || value >= least) && (most === 0n || value <= most);
  });
  return (cursor) => voteOf(someAttribute(cursor, slot, within, within) !== inverted);
};
