// Policy string_attribute: equality or an unanchored regular expression. What is no string reads as ''; resources are then still
// tested, spans are skipped.
import { VALUE_STRING } from '#proto/otlp/enums.ts';
import { RE2JS } from 're2js';
import { configError } from '#proto/config/config-error.ts';
import type { ValueTest } from '../../values/attribute-test.ts';
import { equalBytes } from '../../values/text-test.ts';
import { present, someAttribute } from '../any-span.ts';
import { Block } from '../block.ts';
import { voteOf, type BuildPolicy } from '../policy.ts';

type Matcher = (bytes: Uint8Array, start: number, end: number) => boolean;
const NOTHING = new Uint8Array(0);

export const buildStringAttribute: BuildPolicy = (block, path, { errors, keys }) => {
  const kinds = {
    key: 'text',
    values: 'texts',
    enabled_regex_matching: 'bool',
    cache_max_size: 'int',
    invert_match: 'bool',
  } as const;
  const read = new Block(block, path, kinds, errors);
  if (read.failed) return undefined;
  const values = read.texts('values');
  const matcher = read.bool('enabled_regex_matching')
    ? regexMatcher(values, `${path}.values`, errors)
    : equalMatcher(values);
  if (matcher === undefined) return undefined;
  const slot = keys.slot(read.text('key'));
  const inverted = read.bool('invert_match');
  const resource: ValueTest = present((bytes, type, start, end) =>
    type === VALUE_STRING ? matcher(bytes, start, end) : matcher(NOTHING, 0, 0),
  );
  const span: ValueTest = present(
    (bytes, type, start, end) => type === VALUE_STRING && end > start && matcher(bytes, start, end),
  );
  return (cursor) => voteOf(someAttribute(cursor, slot, resource, span) !== inverted);
};

function equalMatcher(values: readonly string[]): Matcher {
  const wanted = values.filter((value) => value !== '').map((value) => Buffer.from(value));
  return (bytes, start, end) => wanted.some((value) => equalBytes(bytes, start, end, value));
}

function regexMatcher(
  values: readonly string[],
  path: string,
  errors: Parameters<BuildPolicy>[2]['errors'],
): Matcher | undefined {
  const compiled: RE2JS[] = [];
  for (const value of values) {
    try {
      compiled.push(RE2JS.compile(value));
    } catch (error) {
      errors.push(
        configError(
          path,
          value,
          `is no RE2 regular expression: ${error instanceof Error ? error.message : String(error)}`,
          'mend the pattern',
        ),
      );
    }
  }
  if (compiled.length < values.length) return undefined;
  return (bytes, start, end) => compiled.some((pattern) => pattern.test(bytes.subarray(start, end)));
}
