// How conditions in OTTL are read: literals, arithmetic, what may stand where, and what is refused at once.
import { expect, test } from 'vitest';
import { decide, errorsOf, policy } from '#tests/support/collector-decision.ts';

const SPAN = { name: 'work', duration: 90, attributes: { n: { intValue: 7 }, at: { stringValue: 'n' } } };

const ottl = (condition: string, mode = 'ignore'): string =>
  policy('ottl_condition', JSON.stringify({ error_mode: mode, span: [condition] }));
const holds = (condition: string): boolean => decide(ottl(condition), SPAN) === '+p';
const refusal = (condition: string): string => errorsOf(`policies: ${ottl(condition)}`);

test.each([
  '1 + 2 * 3 == 7 and (1 + 2) * 3 == 9 and 7 / 2 == 3 and 7.0 / 2 == 3.5',
  '-attributes["n"] == -7 and +attributes["n"] - -1 == 8 and -(1 + 2) == -3',
  '.5 == 0.5 and 5. == 5 and 1.5e3 == 1500 and 9223372036854775807 + 1 < 0',
  '0x6162 == 0x6162 and "\\u0041\\x42\\103" == "ABC" and "a\\"b" != "ab"',
  'not name == "x" and (name == "work" or false) and not (name == "x")',
  'attributes[attributes["at"]] == 7 and attributes [ "n" ]==7',
  '{"a": [1, {"b": nil}]} == {"a": [1, {"b": nil}]} and {"a": 1} != {"a": 1.0}',
  'Substring(name, length=2, start=1) == "or" and Trim(target=" x ") == "x"',
  'STATUS_CODE_ERROR == 2 and kind == SPAN_KIND_INTERNAL and kind.deprecated_string == "SPAN_KIND_INTERNAL"',
])('%s', (condition) => {
  expect(holds(condition)).toBe(true);
});

test.each([
  ['not not true', 'unexpected'],
  ['name == "a\\d"', 'begins no escape'],
  ['name == 0x123', 'odd number of digits'],
  ['name == 9223372036854775808', 'beyond 64 bits'],
  ['attributes["n"] + "x" == "y"', 'unexpected'],
  ['attributes["n"]', 'compares with nothing'],
  ["name == 'work'", 'unexpected character'],
  ['name["x"] == "w"', 'nothing inside'],
  ['attributes.n == 7', 'unknown path'],
  ['resource["x"].attributes["y"] == 7', 'nothing inside'],
  ['status.code == STATUS_CODE_BAD', 'unknown name'],
  ['IsString(5)', 'never fits'],
  ['HasPrefix(name, 5)', 'never fits'],
  ['TraceID(0x01) == trace_id', '16 bytes'],
  ['ConvertCase(name, "title") == "Work"', 'there are lower, upper, snake, camel'],
  ['ConvertCase(name, attributes["at"]) == "Work"', 'stand in the condition itself'],
  ['IsInCIDR(name, ["10.0.0.0"])', 'no network'],
  ['Trim(target=" x ", "x") == "x"', 'without a name'],
  ['Trim(text=" x ") == "x"', 'does not have'],
  ['IsMatch(name, "(")', 'no RE2'],
  ['FormatTime(start_time, "%Q") == ""', '%Q'],
  ['UUID() != ""', 'no function here'],
])('%s is refused', (condition, why) => {
  expect(refusal(condition)).toContain(why);
});

test('a part that always decides makes the others idle, their errors too', () => {
  expect(decide(ottl('ParseJSON(name)["a"] == 1 or 1 == 1', 'propagate'), SPAN)).toBe('+p');
  expect(
    decide(
      `[{ name: d, type: drop, drop: { drop_sub_policy: ${ottl('ParseJSON(name)["a"] == 1 and false', 'propagate')} } }, { name: a, type: always_sample }]`,
      SPAN,
    ),
  ).toBe('+a');
});

test('deep nesting is refused, and many nested calls are read in no time', () => {
  expect(refusal(`${'('.repeat(100)}true${')'.repeat(100)}`)).toContain('nested too deeply');
  expect(refusal(`${'Trim('.repeat(50)}name${')'.repeat(50)} == "work"`)).toBe('');
});
