// Messages about queries that do not parse or do not type-check, with their position.
import { describe, expect, it } from 'vitest';
import { DEFAULT_ENGINE_OPTIONS, prepare } from '#query/promql/engine.ts';

function messageOf(query: string): string {
  try {
    prepare(query, DEFAULT_ENGINE_OPTIONS.features);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'no error';
}

describe('messages about queries', () => {
  it.each([
    ['', 'unknown position: parse error: no expression found in input'],
    ['up{', '1:4: parse error: unexpected end of input inside braces'],
    ['up{a=}', '1:6: parse error: unexpected "}" in label matching, expected string'],
    ['up{a=~"("}', '1:4: parse error: error parsing regexp: missing closing ): `(`'],
    ['sum by (1) (up)', '1:9: parse error: unexpected number "1" in grouping opts, expected label'],
    ['rate(up)', '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
    ['nosuch(up)', '1:1: parse error: unknown function with name "nosuch"'],
    ['up[5m:1m:1m]', "1:9: parse error: unexpected colon ':'"],
    ['up offset 5m offset 5m', '1:1: parse error: offset may not be set multiple times'],
    ['sum(\n  up{a="b"\n)', "3:1: parse error: unexpected character inside braces: ')'"],
    ['1 == 1', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
    ['{a=""}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
    ['mad_over_time(up[5m])', '1:1: parse error: function "mad_over_time" is not enabled'],
    ['"é" + up$', "1:10: parse error: unexpected character: '$'"],
  ])('%s', (query, expected) => {
    expect(messageOf(query)).toBe(expected);
  });
});
