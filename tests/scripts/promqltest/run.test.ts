// The runner of promqltest scripts: what it accepts, and above all what it must not accept.
import { describe, expect, it } from 'vitest';
import { runScript } from '#scripts/promqltest/run.ts';
import type { SeriesStore } from '#query/promql/storage.ts';
import { memoryTarget } from '#scripts/promqltest/target.ts';

async function failuresOf(script: string): Promise<string[]> {
  const { failures } = await runScript(memoryTarget(), script);
  return failures.map(({ line, expected, got }) => `${line}: ${expected} | ${got}`);
}

const LOADED = `
load 1m
  floats{a="x"} 0+10x10
  floats{a="y"} 0+20x10
  histograms {{schema:1 count:6 sum:8.5 z_bucket:1 z_bucket_w:0.001 buckets:[1 2] n_buckets:[2]}}x10
  gaps 1 _ 3 stale 5
`;

async function isAccepted(evals: string): Promise<boolean> {
  return (await failuresOf(`${LOADED}\n${evals}\n`)).length === 0;
}

describe('right expectations', () => {
  it.each([
    ['eval instant at 10m floats\n  floats{a="y"} 200\n  floats{a="x"} 100'],
    ['eval instant at 10m floats\n  expect no_warn\n  floats{a="x"} 100.00005\n  floats{a="y"} 200'],
    ['eval instant at 10m sort_desc(floats)\n  expect ordered\n  floats{a="y"} 200\n  floats{a="x"} 100'],
    [
      'eval instant at 10m histograms\n  histograms {{schema:1 sum:8.5 count:6 z_bucket_w:0.001 z_bucket:1 n_buckets:[2] buckets:[1 2 0]}}',
    ],
    ['eval range from 0 to 4m step 1m gaps\n  gaps 1 1 3 _ 5'],
    ['eval instant at 4m gaps[3m]\n  expect range vector from 2m to 4m step 1m\n  gaps 3 _ 5'],
    ['eval instant at 10m 1 + 1\n  2'],
    ['eval instant at 10m "a\\nb"\n  expect string "a\\nb"'],
    ['eval instant at 10m nothing'],
    ['eval instant at 10m floats / on() floats\n  expect fail regex: many-to-many.*not allowed'],
    ['eval_fail instant at 10m floats / on() floats'],
    [
      'eval instant at 10m quantile(2, floats)\n  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)\n  {} Inf',
    ],
    [
      'eval instant at 10m floats # of two series\n  # nothing more\n  floats{a="x"} 100\n  floats{a="y"} 200\n# next\neval instant at 10m 2\n  2',
    ],
  ])('%s', async (evals) => {
    expect(await failuresOf(`${LOADED}\n${evals}\n`)).toEqual([]);
  });
});

describe('wrong expectations', () => {
  const HISTOGRAM = '{{schema:1 sum:8.5 count:6 z_bucket_w:0.001 z_bucket:1 n_buckets:[2] buckets:[1 2]}}';

  it.each([
    ['a changed number', 'eval instant at 10m floats\n  floats{a="x"} 101\n  floats{a="y"} 200'],
    ['a missing series', 'eval instant at 10m floats\n  floats{a="x"} 100'],
    ['a series too many', 'eval instant at 10m floats{a="x"}\n  floats{a="x"} 100\n  floats{a="y"} 200'],
    ['another label', 'eval instant at 10m floats{a="x"}\n  floats{a="z"} 100'],
    ['another order', 'eval instant at 10m sort(floats)\n  expect ordered\n  floats{a="y"} 200\n  floats{a="x"} 100'],
    ['a float for a histogram', 'eval instant at 10m histograms\n  histograms 6'],
    ['a histogram for a float', `eval instant at 10m floats{a="x"}\n  floats{a="x"} ${HISTOGRAM}`],
    ['another scalar', 'eval instant at 10m 1 + 1\n  3'],
    ['a vector for a scalar', 'eval instant at 10m 1 + 1\n  {} 2'],
    ['another string', 'eval instant at 10m "a"\n  expect string "b"'],
    ['a point too few', 'eval range from 0 to 4m step 1m gaps\n  gaps 1 1 3'],
    ['a point too many', 'eval range from 0 to 4m step 1m gaps\n  gaps 1 1 3 3 5'],
    ['more points than steps', 'eval range from 0 to 4m step 1m gaps\n  gaps 1 1 3 _ 5 _'],
    ['another time', 'eval range from 0 to 4m step 1m gaps\n  gaps 1 1 _ 3 5'],
    ['another range vector', 'eval instant at 4m gaps[3m]\n  expect range vector from 2m to 4m step 1m\n  gaps 3 _ 6'],
    ['a staleness marker', 'eval range from 3m to 3m step 1m gaps\n  gaps stale'],
    ['a warning that is not there', 'eval instant at 10m floats{a="x"}\n  expect warn\n  floats{a="x"} 100'],
    ['a warning that must not be', 'eval instant at 10m quantile(2, floats)\n  expect no_warn\n  {} Inf'],
    [
      'another text of a warning',
      'eval instant at 10m quantile(2, floats)\n  expect warn msg: PromQL warning: else (1:10)\n  {} Inf',
    ],
    ['an answer for an error', 'eval instant at 10m floats\n  expect fail'],
    ['an error for an answer', 'eval instant at 10m floats / on() floats\n  {} 1'],
    ['another text of an error', 'eval instant at 10m floats / on() floats\n  expect fail msg: something else'],
  ])('%s', async (_, evals) => {
    expect(await isAccepted(evals)).toBe(false);
  });

  it.each([
    ['count', HISTOGRAM.replace('count:6', 'count:7')],
    ['sum', HISTOGRAM.replace('sum:8.5', 'sum:8.6')],
    ['zero bucket', HISTOGRAM.replace('z_bucket:1', 'z_bucket:2')],
    ['zero threshold', HISTOGRAM.replace('0.001', '0.002')],
    ['positive bucket', HISTOGRAM.replace('buckets:[1 2]', 'buckets:[1 3]')],
    ['negative bucket', HISTOGRAM.replace('n_buckets:[2]', 'n_buckets:[3]')],
    ['place of a bucket', HISTOGRAM.replace(' buckets:', ' offset:1 buckets:')],
    ['schema', HISTOGRAM.replace('schema:1', 'schema:2')],
    ['hint', HISTOGRAM.replace('}}', ' counter_reset_hint:gauge}}')],
  ])('another %s of a histogram', async (_, changed) => {
    expect(changed).not.toBe(HISTOGRAM);
    expect(await isAccepted(`eval instant at 10m histograms\n  histograms ${HISTOGRAM}`)).toBe(true);
    expect(await isAccepted(`eval instant at 10m histograms\n  histograms ${changed}`)).toBe(false);
    expect(await isAccepted(`eval range from 9m to 10m step 1m histograms\n  histograms ${HISTOGRAM} ${changed}`)).toBe(
      false,
    );
  });

  it.each([
    'what is this',
    'eval instant at later floats',
    'eval instant at 10m floats\n  floats{a="x"} 1 2',
    'eval instant at 10m floats\n  floats{a="x"}',
    'eval range from 5m to 1m step 1m floats',
    'eval instant at 10m floats\n  expect often',
    'eval instant at 10m floats\n  expect warn\n  expect no_warn',
    'load 1m\n  a@st _\n  b 1',
    'load 1m\n  a@st _ _\n  a 1',
    'load 1m\n  a {{buckets:[1 _]}}',
  ])('refuses the script %s', async (script) => {
    expect(await failuresOf(script)).toHaveLength(1);
  });

  it.each([
    [1, '(as a range query)'],
    [2, '(when floats{a="x"} @ 600.000 is asked at -6000000 ms)'],
    [3, '(as a range query) (when floats{a="x"} @ 600.000 is asked at -6000000 ms)'],
    [10, '(when floats{a="x"} @ 600.000 is asked at 6000000 ms)'],
  ])(
    'asks again as a range query, and at other times with @: after %i answers the store has nothing',
    async (answers, where) => {
      const memory = memoryTarget();
      let asked = 0;
      const store = Object.assign(Object.create(memory.store) as SeriesStore, {
        select: (...parameters: Parameters<SeriesStore['select']>) =>
          asked++ < answers ? memory.store.select(...parameters) : Promise.resolve([]),
      });
      const script = `${LOADED}\neval instant at 10m floats{a="x"}\n  floats{a="x"} 100\n`;
      const { failures } = await runScript({ ...memory, store }, script);
      expect(failures.map(({ got }) => got)).toEqual([`no such series ${where}`]);
    },
  );
});

describe('load', () => {
  it('converts classic histograms to native ones with custom buckets', async () => {
    const script = `
load_with_nhcb 1m
  h_bucket{le="1", a="b"} 1 2
  h_bucket{le="2", a="b"} 3 4
  h_bucket{le="+Inf", a="b"} 4 6
  h_sum{a="b"} 5.5 9
  h_count{a="b"} 4 6

eval range from 0 to 1m step 1m h
  h{a="b"} {{schema:-53 count:4 sum:5.5 custom_values:[1 2] buckets:[1 2 1]}} {{schema:-53 count:6 sum:9 custom_values:[1 2] buckets:[2 2 2]}}

eval instant at 1m h_count
  h_count{a="b"} 6
`;
    expect(await failuresOf(script)).toEqual([]);
  });

  it('takes start timestamps relative to each sample', async () => {
    const script = `
load 1m
  counter@st _ -30s+10sx1 0s
  counter 1 2 3 4

eval range from 0 to 3m step 1m start_timestamp(counter)
  {} 0 30 100 180
`;
    expect(await failuresOf(script)).toEqual([]);
  });
});
