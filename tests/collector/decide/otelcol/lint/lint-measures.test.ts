// Traps of policies that measure: windows that nothing is in, bounds that all are in, percentages taken for fractions, bursts.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { told, toldOf } from '#tests/support/lint-told.ts';

const BIG = { spans: 250, bytes: 40_000 };

test.each<[string, string, string[]]>([
  ['latency', '{ threshold_ms: 100 }', []],
  [
    'latency',
    '{ threshold_ms: 100, upper_threshold_ms: 200 }',
    ['upper_threshold_ms: `200` is compared after every span, in order of arrival: a longer trace is kept'],
  ],
  [
    'latency',
    '{ threshold_ms: 200, upper_threshold_ms: 200 }',
    ['upper_threshold_ms: `200` is not above threshold_ms `200`: no duration is within'],
  ],
  ['latency', '{ threshold_ms: 200, upper_threshold_ms: 100 }', ['`100` is not above threshold_ms `200`']],
  ['latency', '{}', ['threshold_ms: `0` keeps every trace of at least 1 ms']],
  ['latency', '{ threshold_ms: -1 }', ['threshold_ms: `-1` keeps every trace of at least 0 ms']],
  ['span_count', '{ min_spans: 5 }', []],
  ['span_count', '{ max_spans: 5 }', []],
  ['span_count', '{ min_spans: 5, max_spans: 5 }', []],
  ['span_count', '{ min_spans: 5, max_spans: 4 }', ['min_spans: `5` is above max_spans `4`: no trace is within']],
  ['span_count', '{ min_spans: 1 }', ['min_spans: `1` keeps every trace']],
  ['span_count', '{}', ['min_spans: `0` keeps every trace']],
  ['probabilistic', '{ sampling_percentage: 10 }', []],
  ['probabilistic', '{ sampling_percentage: 100 }', []],
  ['probabilistic', '{ sampling_percentage: 1 }', []],
  ['probabilistic', '{}', ['sampling_percentage: is not written: 0 % keeps nothing']],
  ['probabilistic', '{ sampling_percentage: 0 }', ['sampling_percentage: `0` keeps nothing']],
  ['probabilistic', '{ sampling_percentage: -5 }', ['sampling_percentage: `-5` keeps nothing']],
  ['probabilistic', '{ sampling_percentage: 150 }', ['sampling_percentage: `150` counts as 100: every trace is kept']],
  [
    'probabilistic',
    '{ sampling_percentage: 0.1 }',
    ['`0.1` is a percentage: one trace in 1000 is kept; write 10 if one in 10 is meant'],
  ],
  [
    'probabilistic',
    '{ sampling_percentage: 0.07 }',
    ['`0.07` is a percentage: one trace in 1429 is kept; write 7 if one in 14 is meant'],
  ],
  ['status_code', '{ status_codes: [ERROR] }', []],
  ['status_code', '{ status_codes: [OK, UNSET] }', ['status_codes: `UNSET`: one span without a status is enough']],
  ['rate_limiting', '{ spans_per_second: 50 }', []],
  [
    'rate_limiting',
    '{ spans_per_second: 10 }',
    ['spans_per_second: a burst of 20 spans never lets a larger trace pass'],
  ],
  ['rate_limiting', '{ spans_per_second: 10, burst_capacity: 100 }', []],
  ['rate_limiting', '{ spans_per_second: 10, burst_capacity: 99 }', ['burst_capacity: a burst of 99 spans never lets']],
  ['rate_limiting', '{}', ['spans_per_second: `0` lets no trace pass']],
  ['bytes_limiting', '{ bytes_per_second: 50000 }', []],
  ['bytes_limiting', '{ bytes_per_second: 49999 }', ['bytes_per_second: a burst of 99998 bytes never lets a larger']],
])('%s %s: %j', (type, block, expected) => {
  const lines = toldOf(type, block);
  expect(lines).toHaveLength(expected.length);
  for (const [i, message] of expected.entries()) expect(lines[i]).toContain(message);
});

test('a burst is held against the biggest trace of the captures', () => {
  expect(toldOf('rate_limiting', '{ spans_per_second: 100 }', BIG)).toEqual([
    'spans_per_second: a burst of 200 spans never lets a larger trace pass, and the biggest of the captures has 250: big traces are lost, whatever they hold; write burst_capacity: 250 or more',
  ]);
  expect(toldOf('bytes_limiting', '{ bytes_per_second: 100, burst_capacity: 39999 }', BIG)[0]).toContain(
    'burst_capacity: a burst of 39999 bytes',
  );
  expect(toldOf('rate_limiting', '{ spans_per_second: 125 }', BIG)).toEqual([]);
});

test('shards divide the rate, and not the burst', () => {
  expect(
    told('{ num_shards: 4, policies: [{ name: r, type: rate_limiting, rate_limiting: { spans_per_second: 1000 } }] }'),
  ).toContain('`1000` is divided by num_shards `4`, the burst is not: each shard has 250 and its own 2000');
});

test('a percentage below 1 is shown as the whole number it may have been meant as', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99 }), (percent) => {
      const [line] = toldOf('probabilistic', `{ sampling_percentage: ${percent / 100} }`);
      expect(line).toContain(`write ${percent} if one in`);
    }),
    { seed: 601, numRuns: 99 },
  );
});
