// OTTL functions about types: what a value is, and another type made of it.
import { describe, expect, test } from 'vitest';
import { asked } from '#tests/support/ottl-subject.ts';

const VALUES = {
  text: 'a',
  int: 5n,
  float: 1.5,
  bool: true,
  bytes: Uint8Array.of(1),
  list: [1n],
  map: { a: 1n },
  zero: 0n,
  none: '',
  no: false,
  nothing: [],
  void: {},
};

describe('what a value is', () => {
  test.each([
    ['IsString', ['text', 'none']],
    ['IsInt', ['int', 'zero']],
    ['IsDouble', ['float']],
    ['IsBool', ['bool', 'no']],
    ['IsList', ['list', 'nothing']],
    ['IsMap', ['map', 'void']],
    ['IsEmpty', ['zero', 'none', 'no', 'nothing', 'void', 'absent']],
  ])('%s holds for %j', (name, expected) => {
    const holds = [...Object.keys(VALUES), 'absent'].filter(
      (key) => asked(`${name}(attributes["${key}"])`, VALUES) === true,
    );
    expect(holds).toEqual(expected);
  });

  test.each([
    ['IsEmpty(parent_span_id)', true],
    ['IsEmpty(trace_id)', false],
    ['IsEmpty(events)', false],
    ['IsEmpty(start_time)', false],
    ['IsEmpty(Duration("0s"))', true],
    ['IsEmpty(Duration("1s"))', false],
    ['IsEmpty(0.0)', true],
    ['IsList(events) and IsList(links)', true],
    ['IsList(status)', false],
    ['IsList(Split("a", ","))', true],
    ['IsMap(URL("http://a"))', true],
    ['IsString(trace_id)', false],
    ['IsString(String(5))', true],
  ])('%s: %s', (condition, expected) => {
    expect(asked(condition)).toBe(expected);
  });
});

describe('another type', () => {
  test.each([
    ['Int("12") == 12 and Int(1.9) == 1 and Int(true) == 1 and Int(attributes["absent"]) == nil', true],
    [
      'Double("1.5") == 1.5 and Double(2) == 2.0 and Double(false) == 0.0 and Double(attributes["absent"]) == nil',
      true,
    ],
    ['Bool("true") and Bool(1) and not Bool(0.0) and Bool(attributes["absent"]) == nil', true],
    ['String(5) == "5" and String(1.5) == "1.5" and String(true) == "true" and String(0xff) == "ff"', true],
    ['String(attributes["list"]) == "[1]" and String(attributes["map"]) == "{\\"a\\":1}"', true],
    ['String(attributes["absent"]) == nil', true],
    ['Int("x") == 1', 'x is no int'],
    ['Int(attributes["list"]) == 1', 'is nothing an int can be made of'],
    ['Double("x") == 1', 'x is no float'],
    ['Bool("x")', 'x is neither true nor false'],
  ] as const)('%s: %s', (condition, expected) => {
    // A literal that never fits is refused at once, so the values come from the span.
    const moved = condition.replaceAll('"x"', 'attributes["x"]');
    expect(asked(moved, { ...VALUES, x: 'x' })).toBe(expected);
  });
});

describe('measures', () => {
  test.each([
    ['Len("äb") == 3', true],
    ['Len(attributes["list"]) == 1 and Len(attributes["map"]) == 1 and Len(attributes["bytes"]) == 1', true],
    ['Len(attributes["nothing"]) == 0 and Len("") == 0', true],
    ['Len(events) == 0', true],
    ['Len(attributes["int"]) == 1', 'has no length'],
    ['Len(attributes["absent"]) == 0', 'has no length'],
    ['Len(status) == 0', 'has no length'],
    ['Log(1) == 0.0', true],
    ['Log(attributes["float"]) > 0.405 and Log(attributes["float"]) < 0.406', true],
    ['Log("1") == 0.0', true],
    ['Log(attributes["zero"]) == 0.0', 'expected a number above 0'],
    ['Log(attributes["absent"]) == 0.0', 'expected a number above 0'],
  ] as const)('%s: %s', (condition, expected) => {
    expect(asked(condition, VALUES)).toBe(expected);
  });
});
