// Parameters as Prometheus reads them.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unescapeLabelName } from '#query/api/prometheus/label-routes.ts';
import { END_OF_TIME_MS, Params, parseDuration, parseMatcherSets, parseTimeMs } from '#query/api/prometheus/params.ts';

function sets(text: string): unknown {
  return parseMatcherSets(new Params([new URLSearchParams([['match[]', text]])]), true);
}

describe('times', () => {
  it('are float seconds or RFC 3339', () => {
    expect(parseTimeMs('1.5')).toBe(1500);
    expect(parseTimeMs('1435781451.7811')).toBe(1_435_781_451_781);
    expect(parseTimeMs('1970-01-01T01:00:00+01:00')).toBe(0);
    expect(parseTimeMs('1e300')).toBe(END_OF_TIME_MS);
    for (const bad of ['', 'abc', '1e400', '2020-01-01', '1,5', '0x'])
      expect(() => parseTimeMs(bad)).toThrow(`cannot parse "${bad}" to a valid timestamp`);
  });

  it('come back to the millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (timeMs) => {
        expect(parseTimeMs(String(timeMs / 1000))).toBe(timeMs);
        expect(parseTimeMs(new Date(timeMs).toISOString())).toBe(timeMs);
      }),
      { seed: 23 },
    );
  });
});

describe('durations', () => {
  it('are float seconds or Prometheus durations', () => {
    expect([
      parseDuration('15'),
      parseDuration('0.25'),
      parseDuration('1h30m'),
      parseDuration('1d'),
      parseDuration('5ms'),
    ]).toEqual([15_000, 250, 5_400_000, 86_400_000, 5]);
    for (const bad of ['', '0.5m', '1m1h', '-5m', 'x']) expect(() => parseDuration(bad)).toThrow('to a valid duration');
    expect(() => parseDuration('1e20')).toThrow('It overflows int64');
  });
});

describe('selectors', () => {
  it('must name something', () => {
    expect(sets('up{a!="b"}')).toHaveLength(1);
    expect(() => sets('{a=""}')).toThrow(
      'invalid parameter "match[]": match[] must contain at least one non-empty matcher',
    );
    expect(() => sets('sum(up)')).toThrow('1:4: parse error: unexpected "("');
    expect(() => sets('up offset 5m')).toThrow('unexpected <offset>');
  });
});

describe('label names in paths', () => {
  it('are unescaped when they are well escaped', () => {
    expect(unescapeLabelName('U__http_2e_route')).toBe('http.route');
    expect(unescapeLabelName('U__a__b')).toBe('a_b');
    expect(unescapeLabelName('U__bad_zz_')).toBe('U__bad_zz_');
    expect(unescapeLabelName('plain_name')).toBe('plain_name');
  });
});
