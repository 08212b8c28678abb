// Series descriptions of test scripts: values that repeat and step, histograms, and what is refused.
import { describe, expect, it } from 'vitest';
import { histogramNotation } from '#query/promql/histogram/text.ts';
import { parseSeriesDescription } from '#query/promql/parse-series.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { seriesValues } from '#query/promql/series-description.ts';

function valuesOf(text: string): string[] {
  return seriesValues(parseSeriesDescription(`m ${text}`).items).map((value) => {
    if (value.kind === 'histogram') return histogramNotation(value.histogram);
    return value.kind === 'float' ? String(value.value) : value.kind;
  });
}

describe('series descriptions', () => {
  it.each([
    ['1 2.5 -3 +4', ['1', '2.5', '-3', '4']],
    ['1e3 NaN Inf -Inf .5', ['1000', 'NaN', 'Infinity', '-Infinity', '0.5']],
    ['_ _x2 stale', ['gap', 'gap', 'gap', 'stale']],
    ['1x2 0+10x2 5-2x2 -1-1x1', ['1', '1', '1', '0', '10', '20', '5', '3', '1', '-1', '-2']],
    ['0x3', ['0', '0', '0', '0']],
    ['1  \t 2 ', ['1', '2']],
    ['{{}}', ['{{}}']],
    [
      '{{count:3 sum:1.5 buckets:[1 2 ] }}x1',
      ['{{count:3 sum:1.5 buckets:[1 2]}}', '{{count:3 sum:1.5 buckets:[1 2]}}'],
    ],
    [
      '{{count:1 buckets:[1]}}+{{count:2 buckets:[2]}}x2',
      ['{{count:1 buckets:[1]}}', '{{count:3 buckets:[3]}}', '{{count:5 buckets:[5]}}'],
    ],
    [
      '{{count:9 n_buckets:[9] n_offset:-2}}-{{count:2 n_buckets:[2] n_offset:-2}}x1',
      ['{{count:9 n_offset:-2 n_buckets:[9]}}', '{{count:7 n_offset:-2 n_buckets:[7]}}'],
    ],
    ['{{schema:-53 custom_values:[1 2] buckets:[0 1 0]}}', ['{{schema:-53 custom_values:[1 2] offset:1 buckets:[1]}}']],
  ])('%s', (text, expected) => {
    expect(valuesOf(text)).toEqual(expected);
  });

  it.each([
    ['up', '{__name__="up"}'],
    ['{}', '{}'],
    ['a:b{x="1",}', '{__name__="a:b", x="1"}'],
    ['{"a b", "c.d"="\\u00e9"}', '{"a b", "c.d"="é"}'],
    ["offset{sum='x'}", '{__name__="offset", sum="x"}'],
  ])('reads the labels of %s', (text, expected) => {
    expect(parseSeriesDescription(`${text} 1`).labels).toEqual(parseSeriesDescription(`${expected} 1`).labels);
  });

  it.each([
    '1 2,3',
    'stalex3',
    '1+2',
    '1x',
    '1xx2',
    '1x1e3',
    '1 a',
    '{{count:1 count:2}}',
    '{{what:1}}',
    '{{count 1}}',
    '{{count:1',
    '{{buckets:[]}}',
    '{{buckets:[1 x]}}',
    '{{count:1}}+{{count:1}}',
    '{{counter_reset_hint:maybe}}',
    '{{schema:2}}+{{schema:1}}x2',
    '{{schema:-53}}+{{schema:1}}x2',
    '1x100000000',
    '"',
  ])('refuses %s', (text) => {
    expect(() => valuesOf(text)).toThrow(PromqlError);
  });

  it('says where and why', () => {
    expect(() => parseSeriesDescription('a{b="c" 1')).toThrow(
      "1:9: parse error: unexpected character inside braces: '1'",
    );
    expect(() => parseSeriesDescription('a 1 {{count:x}}')).toThrow(
      '1:13: parse error: bad histogram descriptor found: "x"',
    );
    expect(() => valuesOf('1x100000000')).toThrow('series limit: more than the 1000000 values that are allowed');
  });
});
