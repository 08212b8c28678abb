// The search language: what texts mean, what is wrong with others, and that printing reads back.
import { describe, expect, it } from 'vitest';
import type { Expression } from '#proto/search/expression.ts';
import { hintsOn } from '#proto/search/hints.ts';
import { SearchMistake } from '#proto/search/mistake.ts';
import { MAX_CHARS, MAX_DEPTH, MAX_TERMS, parseSearch } from '#proto/search/parse.ts';
import { printSearch } from '#proto/search/print.ts';
import { Random } from '#tests/simulation/random.ts';
import { oneOf, randomExpression } from '#tests/support/random-search.ts';

const SEEDS = 3000;

function mistakeOf(text: string): string {
  try {
    parseSearch(text);
  } catch (error) {
    if (error instanceof SearchMistake) return error.sentence(text);
    throw error;
  }
  return 'none';
}

/** Without places. */
function plain(expression: Expression | undefined): unknown {
  return JSON.parse(
    JSON.stringify(expression ?? null, (key, value: unknown) =>
      key === 'from' || key === 'to' ? undefined : Object.is(value, -0) ? '-0' : value,
    ),
  );
}

describe('a text', () => {
  it.each([
    ['service=checkout status=error duration>500ms', 'service=checkout status=error duration>500ms'],
    ['service = checkout  AND  duration >= 1500us', 'service=checkout duration>=1500us'],
    ['http.response.status_code>=500', 'http.response.status_code>=500'],
    ['user.id!=""', 'user.id!=""'],
    ['exists(messaging.system) not (a=1 or b=2.0)', 'exists(messaging.system) not (a=1 or b=2.0)'],
    ['name~"POST .*" root.service=edge trace.spans>100', 'name~"POST .*" root.service=edge trace.spans>100'],
    ["rule='the rest' trace.duration>1.5s", 'rule="the rest" trace.duration>1500ms'],
    ['a or b c or d', 'a or b c or d'],
    ['(a or b) c', '(a or b) c'],
    ['kind in (SERVER, consumer) zone not in (a, "b c")', 'kind in (server, consumer) zone not in (a, "b c")'],
    ['order placed', 'order placed'],
    ['"service"=x "trace.id"=y', '"service"=x "trace.id"=y'],
    ['url.full=https://shop/cart?a=b', 'url.full="https://shop/cart?a=b"'],
    ['any(status=error service=pay) all(duration<1s)', 'any(status=error service=pay) all(duration<1s)'],
    ['x=true y="true" z=007', 'x=true y="true" z=007'],
    ['kafka:orders', '"kafka:orders"'],
    ['', ''],
  ])('%s', (text, printed) => {
    expect(printSearch(parseSearch(text))).toBe(printed);
  });

  it('knows where its parts are', () => {
    const parsed = parseSearch('a  status=error or  not exists(k)');
    const parts = parsed?.kind === 'or' ? parsed.parts : [];
    expect(parts.map(({ from, to }) => [from, to])).toEqual([
      [0, 15],
      [20, 33],
    ]);
  });
});

describe('a mistake', () => {
  it.each([
    ['a==b', '1:2: expected an operator, found ==; did you mean =?'],
    ['duration>500', '1:10: expected a duration with its unit, found 500; did you mean 500ms?'],
    [
      'kind=servr',
      '1:6: expected one of unspecified, internal, server, client, producer, consumer, found servr; did you mean server?',
    ],
    ['status>error', '1:1: expected one of = != in not in after status, found >'],
    [
      'trace.span>5',
      '1:1: expected a field, found trace.span; did you mean trace.spans? An attribute of this name is written "trace.span"',
    ],
    ['service:checkout', '1:1: expected an operator after service, found :; did you mean service=checkout?'],
    [
      '{ .http.status_code >= 500 }',
      '1:1: expected a condition, a word or a bracket, found {; leave the brackets out: conditions hold together for one span',
    ],
    ['a && b', '1:3: expected a condition, a word or a bracket, found &; write and, or nothing between two conditions'],
    ['-a', '1:1: expected a condition, a word or a bracket, found -; write not in front of a condition'],
    ['a=', '1:3: expected a value, found the end; write "" for an empty text'],
    ['=5', '1:1: expected a condition, a word or a bracket, found =; write a key before the operator'],
    ['a="b', '1:3: expected the quote that ends the text, found the end'],
    ['(a', '1:3: expected ), found the end'],
    ['a)', '1:2: expected a condition or the end, found ); there is no bracket that this one closes'],
    ['a and or b', '1:7: expected a condition, found or; put the word into quotes to look for it'],
    ['exits(a)', '1:1: expected exists(…), any(…) or all(…), found exits(; did you mean exists(…)?'],
    ['exists(service)', '1:8: expected the key of an attribute, found the field service; every span has it'],
    ['a>x', '1:3: expected a number after >, found x'],
    ['a>5s', '1:3: expected a number after >, found 5s; attributes have no unit: write the number as it is sent'],
    ['a=99999999999999999999', '1:3: expected an int of 64 bits, found 99999999999999999999; put a text into quotes'],
    ['a=b,c', '1:4: expected a space, found ,; put the value into quotes if this is a part of it'],
    ['a\n  in (b', '2:8: expected a comma or ) after the value, found the end'],
    ['x'.repeat(MAX_CHARS + 1), `1:${MAX_CHARS + 1}: expected at most ${MAX_CHARS} characters, found ${MAX_CHARS + 1}`],
    [
      '('.repeat(MAX_DEPTH + 1),
      `1:${MAX_DEPTH + 1}: expected at most ${MAX_DEPTH} brackets and nots inside each other`,
    ],
    ['a '.repeat(MAX_TERMS + 1), `1:${2 * MAX_TERMS + 1}: expected at most ${MAX_TERMS} conditions and words`],
  ])('%#', (text, sentence) => {
    expect(mistakeOf(text)).toBe(sentence);
  });
});

describe('a hint', () => {
  it.each([
    ['servce=checkout', ['servce is an attribute; did you mean the field service?']],
    ['name=POST /checkout', ['a value with a space is written in quotes, as "POST /checkout"']],
    ['http.route=/api/*', ['= compares the whole text, the star too; a pattern is ~/api/.*']],
    ['user.id=x service=checkout', []],
  ])('%s', (text, messages) => {
    expect(hintsOn(parseSearch(text)).map(({ message }) => message)).toEqual(messages);
  });
});

it('printing an expression and reading it gives the same', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const expression = randomExpression(new Random(seed, 'search'), 3);
    const text = printSearch(expression);
    expect(plain(parseSearch(text)), `seed ${seed}: ${text}`).toEqual(plain(expression));
    expect(printSearch(parseSearch(text))).toBe(text);
  }
});

it('any text ends soon, in an expression or a mistake of its own', () => {
  const pieces = [
    '(',
    ')',
    'not ',
    'and ',
    ' or ',
    'a',
    '=',
    '!=',
    '~',
    '<',
    '"',
    "'",
    '\\',
    ' in (',
    ',',
    ' ',
    'exists(',
    'any(',
    '5',
    '1e9',
    'ms',
    '{',
    '\u202e',
    '\n',
    'service',
    'trace.',
    '😀',
  ];
  const started = performance.now();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = new Random(seed, 'fuzz');
    const text = Array.from({ length: random.whole(1, 60) }, () => oneOf(random, pieces)).join('');
    const sentence = mistakeOf(text);
    expect(sentence, text).toMatch(/^(?:none$|\d+:\d+: expected )/);
    const read = sentence === 'none' ? parseSearch(text) : undefined;
    expect(plain(parseSearch(printSearch(read))), text).toEqual(plain(read));
  }
  for (const piece of pieces) mistakeOf(piece.repeat(MAX_CHARS / piece.length));
  mistakeOf(`a${' '.repeat(MAX_CHARS - 2)}x`);
  expect(performance.now() - started).toBeLessThan(20_000);
});
