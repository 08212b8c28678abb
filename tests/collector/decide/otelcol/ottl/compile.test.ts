// Conditions as functions: and, or and not as in logic, what is known when the condition is read, arguments by place and by name.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { asked, refusalOf } from '#tests/support/ottl-subject.ts';

const ERRS = 'ParseJSON(name)["a"] == 1';

describe('and, or, not', () => {
  test('are those of logic, whether the parts are known before or not', () => {
    interface Part {
      readonly text: string;
      readonly value: boolean;
    }
    const leaf = fc.constantFrom<Part>(
      { text: 'true', value: true },
      { text: 'false', value: false },
      { text: '1 == 1', value: true },
      { text: 'name == "work"', value: true },
      { text: 'name == "other"', value: false },
      { text: 'IsRootSpan()', value: true },
      { text: 'HasPrefix(name, "x")', value: false },
    );
    const parts = fc.letrec<{ part: Part }>((tie) => {
      const several = fc.array(tie('part'), { minLength: 2, maxLength: 3 });
      const joined = (list: readonly Part[], word: string): string =>
        list.map(({ text }) => `(${text})`).join(` ${word} `);
      return {
        part: fc.oneof(
          { maxDepth: 4, withCrossShrink: true },
          leaf,
          tie('part').map(({ text, value }) => ({ text: `not (${text})`, value: !value })),
          several.map((list) => ({ text: joined(list, 'and'), value: list.every(({ value }) => value) })),
          several.map((list) => ({ text: joined(list, 'or'), value: list.some(({ value }) => value) })),
        ),
      };
    }).part;
    fc.assert(
      fc.property(parts, ({ text, value }) => {
        expect(asked(text)).toBe(value);
      }),
      { seed: 261, numRuns: 200 },
    );
  });

  test.each([
    [`name == "work" or ${ERRS}`, true],
    [`name == "other" and ${ERRS}`, false],
    [`${ERRS} or 1 == 1`, true],
    [`${ERRS} and 1 == 2`, false],
    [`${ERRS} and not true`, false],
    [`${ERRS} or name == "work"`, 'is no JSON'],
    [`${ERRS} and name == "other"`, 'is no JSON'],
    [`not (${ERRS})`, 'is no JSON'],
    [`name == "other" or ${ERRS}`, 'is no JSON'],
  ])('%s: %s', (condition, expected) => {
    expect(asked(condition)).toBe(expected);
  });
});

describe('values', () => {
  test.each([
    ['STATUS_CODE_ERROR == 2 and STATUS_CODE_OK == 1 and STATUS_CODE_UNSET == 0', true],
    ['SPAN_KIND_UNSPECIFIED == 0 and SPAN_KIND_SERVER == 2 and SPAN_KIND_CONSUMER == 5', true],
    ['["work", 1] == [name, 1]', true],
    ['{"a": name} == {"a": "work"}', true],
    ['{"a": 1, "a": 2} == {"a": 2}', true],
    ['-kind == -1', true],
    ['-name == -1', 'a minus before a value that is no number'],
    ['kind / (kind - 1) == 1', 'division by zero'],
    ['IsRootSpan() == true', true],
    ['Len(name) == 4', true],
    ['Len(name)', 'is neither true nor false'],
    ['Split("a b", " ")[1] == "b"', true],
    ['Split("a b", " ")[2] == "b"', 'has no item 2'],
    ['URL("http://a/b")["url.path"] == "/b"', true],
    ['URL("http://a/b")["absent"] == nil', 'has no key absent'],
    ['Len(name)[0] == 1', 'indexes what has nothing inside'],
  ])('%s: %s', (condition, expected) => {
    expect(asked(condition)).toBe(expected);
  });
});

describe('calls', () => {
  test.each([
    'Substring(name, 1, 2) == "or"',
    'Substring(name, start=1, length=2) == "or"',
    'Substring(target=name, length=2, start=1) == "or"',
    'Concat(vals=[name, "x"], delimiter="-") == "work-x"',
    'Trim("xax", replacement="x") == "a"',
  ])('%s', (condition) => {
    expect(asked(condition)).toBe(true);
  });

  test.each([
    ['Nothing(name) == 1', 'calls Nothing, which is no function here'],
    ['HasPrefx(name, "a")', 'did you mean `HasPrefix`?'],
    ['HasPrefix(name)', 'gives HasPrefix 1 arguments instead of 2'],
    ['HasPrefix(name, "a", "b")', 'gives HasPrefix 3 arguments instead of 2'],
    ['Trim() == ""', 'gives Trim 0 arguments instead of 1 to 2'],
    ['Now(1) == 1', 'gives Now 1 arguments instead of 0'],
    ['Trim(target="a", "b") == ""', 'gives Trim an argument without a name behind one with a name'],
    ['Trim(text="a") == ""', 'gives Trim the argument text, which it does not have'],
    ['Substring(name, start=1, utf8_safe=true) == ""', 'does not give Substring its Length'],
    ['HasPrefix(name, 5)', 'gives HasPrefix a Prefix that never fits: expected a text'],
    ['HasPrefix(5, "a")', 'gives HasPrefix a Target that never fits: expected a text'],
    ['Concat(name, "-") == ""', ''],
    ['Coalesce(name) == ""', 'gives Coalesce a Values that is no list written in brackets'],
    ['Coalesce([]) == ""', 'nothing to choose from'],
    ['Trim(name, name) == ""', 'gives Trim a Replacement that does not stand in the condition itself'],
    ['{"a": Now()} == {}', ''],
    ['{"a": start_time} == {}', ''],
    ['[name, 1][0] == 1', 'has an unexpected'],
    ['status.code == STATUS_CODE_BAD', 'has an unknown name STATUS_CODE_BAD'],
  ])('%s: %j', (condition, message) => {
    const refusal = refusalOf(condition);
    expect([refusal === '', refusal.includes(message)]).toEqual([message === '', true]);
  });

  test('arguments that are wrong for one span alone are errors of that span', () => {
    expect(asked('HasPrefix(attributes["k"], "a")', { k: 'ab' })).toBe(true);
    expect(asked('HasPrefix(attributes["k"], "a")', { k: 5n })).toBe('expected a text');
    expect(asked('HasPrefix(attributes["k"], "a")', {})).toBe('expected a text');
    expect(asked('{"a": start_time} == {"a": 1}')).toBe('no attribute can hold this value');
  });
});
