// What OTTL values are and how they compare: nil, types that differ, lists and maps, keys that are missing, ids.
import { expect, test } from 'vitest';
import { decide, errorsOf } from '#tests/support/collector-decision.ts';

const SPAN = {
  name: 'work',
  events: ['a', 'b'],
  links: 1,
  traceState: 'k=v',
  resource: { r: { intValue: 0 } },
  attributes: {
    list: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: 2 }] } },
    map: {
      kvlistValue: {
        values: [
          { key: 'b', value: { doubleValue: 1.5 } },
          { key: 'a', value: { stringValue: '<x>' } },
        ],
      },
    },
    empty: {},
    int: { intValue: 2 },
    float: { doubleValue: 2 },
    text: { stringValue: '2' },
  },
};

const span = (condition: string, mode: string): string =>
  `{ name: p, type: ottl_condition, ottl_condition: ${JSON.stringify({ error_mode: mode, span: [condition] })} }`;
const holds = (condition: string): boolean => decide(`[${span(condition, 'ignore')}]`, SPAN) === '+p';
/** A drop that errs does not drop; under ignore it would not either, so its denial must not drop. */
const errs = (condition: string): boolean => !holds(condition) && !holds(`not (${condition})`);

test('nil is nil, also by <= and >=, and in no order with anything else', () => {
  expect(
    holds(
      'attributes["absent"] == nil and attributes["empty"] == nil and attributes["absent"] <= attributes["empty"] and nil >= nil',
    ),
  ).toBe(true);
  expect(holds('attributes["int"] > nil or attributes["int"] <= nil or nil < nil')).toBe(false);
});

test('an int meets a float by value, a text meets neither', () => {
  expect(
    holds('attributes["int"] == attributes["float"] and attributes["float"] <= 2 and attributes["text"] != 2'),
  ).toBe(true);
  expect(holds('attributes["text"] == 2 or attributes["text"] > 1 or attributes["text"] < 3')).toBe(false);
});

test('lists and maps equal those of the same values and types; what Split yields equals nothing', () => {
  expect(
    holds(
      'attributes["list"] == ["a", 2] and attributes["list"] != ["a", 2.0] and ["a", attributes["int"]] == attributes["list"]',
    ),
  ).toBe(true);
  expect(
    holds('attributes["map"] == {"a": "<x>", "b": 1.5} and attributes["map"] == attributes["map"] and {} == {}'),
  ).toBe(true);
  expect(holds('Split(name, "o") == ["w", "rk"] or attributes["list"] < ["b"]')).toBe(false);
});

test('a missing key of an attribute is nil, one of what a function made is an error, and so is asking a value for its inside', () => {
  expect(holds('attributes["map"]["absent"] == nil and attributes["absent"]["x"] == nil')).toBe(true);
  expect(errs('ParseJSON("{}")["absent"] == nil')).toBe(true);
  expect(errs('attributes["list"][2] == nil')).toBe(true);
  expect(errs('attributes["text"]["x"] == nil')).toBe(true);
  expect(errs('attributes["empty"]["x"] == nil')).toBe(true);
  expect(errs('attributes["map"][0] == nil')).toBe(true);
});

test('asking for a type answers whatever the type is, but an error on the way to the value stays one', () => {
  expect(holds('not IsInt(attributes["text"]) and not IsMap(name) and not IsString(attributes["absent"])')).toBe(true);
  expect(errs('IsInt(ParseJSON(name)["code"])')).toBe(true);
  expect(errs('IsString(Milliseconds(kind))')).toBe(true);
});

test('ids are neither bytes nor texts, and never nil', () => {
  expect(
    holds(
      'parent_span_id == SpanID(0x0000000000000000) and parent_span_id != nil and parent_span_id.string == "0000000000000000"',
    ),
  ).toBe(true);
  expect(
    holds('parent_span_id == 0x0000000000000000 or parent_span_id == nil or trace_id > SpanID(0x0000000000000000)'),
  ).toBe(false);
});

test('events, links and the status can be counted and compared with themselves', () => {
  expect(
    holds(
      'Len(events) == 2 and Len(links) == 1 and IsList(events) and status == status and status != nil and events != links',
    ),
  ).toBe(true);
});

test('texts of lists and maps are JSON with sorted keys, and < escaped', () => {
  expect(
    holds(
      'String(attributes["map"]) == "{\\"a\\":\\"\\\\u003cx\\\\u003e\\",\\"b\\":1.5}" and Concat([attributes["list"], nil], "|") == "[\\"a\\",2]|<nil>"',
    ),
  ).toBe(true);
});

test('schema URLs (forgotten there), the cache and members of the tracestate are there; places of events are not told', () => {
  expect(holds('resource.schema_url == "" and scope.schema_url == "" and Len(cache) == 0 and cache["x"] == nil')).toBe(
    true,
  );
  expect(holds('trace_state["k"] == "v" and trace_state["absent"] == ""')).toBe(true);
  const onEvent = (condition: string): string =>
    `[{ name: p, type: ottl_condition, ottl_condition: ${JSON.stringify({ spanevent: [condition] })} }]`;
  expect(decide(onEvent('event_index >= 0 or event_index < 0'), SPAN)).toBe('');
  expect(decide(onEvent('Len(span.events) == 2 and name == "b"'), SPAN)).toBe('+p');
  expect(errorsOf(`policies: ${onEvent('span.cache["x"] == nil')}`)).toContain('unknown path');
});

test('no bytes are nil, and Coalesce looks no further than the first that is there', () => {
  const empty = { attributes: { k: { bytesValue: Buffer.alloc(0) } } };
  const on = (condition: string) => decide(`[${span(condition, 'ignore')}]`, empty);
  expect(
    on('attributes["k"] == nil and nil == attributes["k"] and attributes["k"] != 0x00 and 0x00 != attributes["k"]'),
  ).toBe('+p');
  expect(holds('Coalesce([nil, name, ParseJSON(name)]) == "work"')).toBe(true);
  expect(errs('Coalesce([ParseJSON(name), name]) == "work"')).toBe(true);
});

test('values without measure are errors of the condition, and cost no time', () => {
  const wild = {
    attributes: {
      big: { intValue: '9223372036854775807' },
      digits: { stringValue: '9'.repeat(500_000) },
      deep: { stringValue: '['.repeat(200_000) + ']'.repeat(200_000) },
    },
  };
  const on = (condition: string) => decide(`[${span(condition, 'ignore')}]`, wild);
  const began = performance.now();
  for (const condition of [
    'Year(Unix(attributes["big"])) > 0',
    'String(Unix(attributes["big"])) != ""',
    'FormatTime(Unix(attributes["big"]), "%Y") != ""',
    'Int(attributes["digits"]) > 0',
    'ParseInt(attributes["digits"], 10) > 0',
    'Duration(attributes["digits"]) > Duration("1s")',
    'Time(attributes["digits"], "%d%d%d%d") > start_time',
    'Len(ParseJSON(attributes["deep"])) > 0',
    'Format("%99999999999d", [1]) == "x"',
    'Format("%.999f|%.999e", [1.5, 1.5]) == "x"',
  ])
    expect(on(condition), condition).toBe('');
  expect(performance.now() - began).toBeLessThan(20_000);
});
