// OTTL functions by conditions that use them, on one span; and what reading the condition refuses.
import { expect, test } from 'vitest';
import { decide, errorsOf, policy } from '#tests/support/collector-decision.ts';

const SPAN = {
  name: 'work',
  start: 3_600_000_000_000,
  duration: 90_000_000_000,
  attributes: {
    text: { stringValue: ' Ab ' },
    number: { stringValue: '-12' },
    ratio: { doubleValue: 1.9 },
    flag: { boolValue: true },
  },
};

const holds = (condition: string): boolean =>
  decide(policy('ottl_condition', JSON.stringify({ span: [condition] })), SPAN) === '+p';

test.each([
  'IsString(attributes["text"]) and not IsString(attributes["ratio"]) and not IsString(attributes["absent"])',
  'IsInt(kind) and IsDouble(attributes["ratio"]) and IsBool(attributes["flag"]) and IsMap(attributes)',
  'IsList(Split(name, "o")) and Len(Split(name, "o")) == 2',
  'Int(attributes["number"]) == -12 or Int(attributes["number"]) + 12 == 0',
  'Int(attributes["ratio"]) == 1 and Int(attributes["absent"]) == nil and Double(attributes["number"]) < 0',
  'String(kind) == "1" and String(attributes["absent"]) == nil',
  'ToLowerCase(Trim(attributes["text"])) == "ab" and ToUpperCase(name) == "WORK"',
  'TrimPrefix(name, "wo") == "rk" and TrimSuffix(name, "k") == "wor" and Trim(name, "wk") == "or"',
  'HasPrefix(name, "wo") and HasSuffix(name, "rk") and Substring(name, 1, 2) == "or"',
  'Coalesce([attributes["absent"], name]) == "work"',
  'Seconds(end_time - start_time) == 90.0 and Minutes(end_time - start_time) == 1.5 and Microseconds(end_time - start_time) == 90000000',
  'Year(start_time) == 2023 and Month(start_time) == 11 and Day(start_time) == 14 and Hour(start_time) == 23 and Minute(start_time) == 13',
  'UnixSeconds(start_time) == 1700003600 and UnixNano(start_time) == start_time_unix_nano and Unix(1700003600) == start_time',
  'Bool("T") and Bool(attributes["flag"]) and Bool(kind) and Bool(attributes["absent"]) == nil',
  'IsEmpty("") and IsEmpty(attributes["absent"]) and IsEmpty([]) and IsEmpty(dropped_links_count) and not IsEmpty(name)',
  'ToSnakeCase("HTTPServer2Name") == "http_server_2_name" and ToCamelCase("some_name-here 2x") == "SomeNameHere2X"',
  'ConvertCase(name, "camel") == "Work" and ToUpperCase("stra\u00dfe") == "STRA\u00dfE"',
  'ParseInt("ff", 16) == 255 and ParseInt("0b101", 0) == 5 and ParseInt("-17", 8) == -15',
  'Format("%s-%03d|%.1f|%v", [name, 7, 1.25, nil]) == "work-007|1.2|<nil>" and Format("%d", ["x"]) == "%!d(string=x)"',
  'Hex(15) == "000000000000000f" and Hex("ab") == "6162" and Hex(true) == "01"',
  'Index(name, "r") == 2 and Index(["a", "b"], "b") == 1 and Index([1], 2) == -1',
  'IsInCIDR("10.1.2.3", ["11.0.0.0/8", "10.0.0.0/8"]) and not IsInCIDR("1.2.3.4", ["::/0"]) and not IsInCIDR("name", ["10.0.0.0/8"])',
  'URL("http://u@Shop.example:81/a%20b.txt?x=1#f")["url.path"] == "/a b.txt" and URL("http://shop:81/")["url.port"] == 81',
  'ExtractPatterns("GET /a", "^(?P<verb>[A-Z]+) (?P<path>.*)$")["verb"] == "GET" and Len(ExtractPatterns(name, "(?P<x>z)")) == 0',
  'ParseKeyValue("a=1 b=\'x y\'")["b"] == "x y" and ToKeyValueString({"b": 1, "a": "x y"}, sort_output=true) == "a=\\"x y\\" b=1"',
  'ParseCSV("1,\\"2,3\\"", "a,b")["b"] == "2,3"',
  'Sort([3, 1.5, 2], "desc")[0] == 3 and Sort(["b", "a"])[0] == "a"',
  'Base64Encode("ab", "base64-raw") == "YWI" and Decode("YWI=", "base64") == "ab"',
  'Time("2023-11-14 23:13:20", "%F %T") == start_time and Time("14/Nov/2023:23:13:20 +0100", "%d/%b/%Y:%H:%M:%S %z") < start_time',
  'FormatTime(start_time, "%Y-%m-%dT%H:%M:%S.%L") == "2023-11-14T23:13:20" and TruncateTime(start_time, Duration("1h")) == Unix(1700002800)',
  'Duration("-1.5s") == start_time - start_time - Duration("1500ms") and Milliseconds(Duration("1.5s")) == 1500',
  'Log(1) == 0.0 and IsValidLuhn("79927398713") and not IsValidLuhn("79927398710")',
  'SliceToMap(["x", "y"])["1"] == "y"',
  'SHA1("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d" and Len(SHA256(name)) == 64',
  'dropped_attributes_count == 0 and resource.dropped_attributes_count == 0',
])('%s', (condition) => {
  expect(holds(condition)).toBe(true);
});

test('outside of a text, and days in a duration, are errors: the condition does not hold', () => {
  expect(holds('Substring(name, 3, 2) != ""')).toBe(false);
  expect(holds('Duration("1d") > Duration("1h")')).toBe(false);
});

test('a wrong number of arguments, and a function that is none, are refused', () => {
  const refused = (condition: string) =>
    errorsOf(`policies: ${policy('ottl_condition', JSON.stringify({ span: [condition] }))}`);
  expect(refused('HasPrefix(name)')).toContain('gives HasPrefix 1 arguments instead of 2');
  expect(refused('HasPrefx(name, "a")')).toContain('did you mean `HasPrefix`?');
});
