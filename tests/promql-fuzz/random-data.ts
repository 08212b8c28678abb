// Random series for the PromQL fuzz: counters that are reset, gaps, staleness markers, values that are no ordinary numbers, classic and native
// histograms, start times, names that are no identifiers.
import { CUSTOM_BUCKETS_SCHEMA } from '#query/promql/histogram/bounds.ts';
import { NO_BUCKETS, type Buckets } from '#query/promql/histogram/buckets.ts';
import {
  EMPTY_HISTOGRAM,
  type CounterResetHint,
  type FloatHistogram,
} from '#query/promql/histogram/float-histogram.ts';
import { compareLabels, LabelSet } from '#query/promql/labels.ts';
import { markStale } from '#query/promql/stale.ts';
import type { Series } from '#query/promql/storage.ts';
import { Random } from '#tests/simulation/random.ts';

export const DATA_START_MS = 1_700_000_000_000;
export const DATA_LENGTH_MS = 40 * 60_000;
const STRANGE = [NaN, Infinity, -Infinity, -0, 0, 1e15, -1e15, 1e-9, 0.1];

type Point = number | FloatHistogram | 'stale';

/** Times at which a series has samples: mostly regular, with gaps, sometimes not from the beginning or not to the end. */
function times(random: Random): number[] {
  const everyMs = random.pick([15_000, 30_000, 60_000, 97_000]);
  const jitterMs = random.chance(0.3) ? 5000 : 0;
  const firstMs = random.chance(0.3) ? random.whole(0, DATA_LENGTH_MS / 2) : 0;
  const lastMs = random.chance(0.3) ? random.whole(firstMs, DATA_LENGTH_MS) : DATA_LENGTH_MS;
  const found: number[] = [];
  for (let timeMs = firstMs; timeMs <= lastMs; timeMs += everyMs) {
    if (random.chance(0.04)) timeMs += everyMs * random.whole(1, 12);
    const at = DATA_START_MS + timeMs + random.whole(0, jitterMs);
    if (at > (found.at(-1) ?? 0)) found.push(at);
  }
  return found;
}

/** A series of what `next` gives. Staleness markers come now and then. */
function series(
  random: Random,
  labels: readonly (readonly [string, string])[],
  next: (at: number) => Point,
  startTimes = false,
): Series {
  const timesMs = Float64Array.from(times(random));
  const values = new Float64Array(timesMs.length);
  const histograms: (FloatHistogram | undefined)[] = Array.from({ length: timesMs.length });
  const startTimesMs = new Float64Array(timesMs.length);
  let startMs = random.chance(0.5) ? DATA_START_MS - 1000 : 0;
  for (let at = 0; at < timesMs.length; at++) {
    const point = random.chance(0.03) ? 'stale' : next(at);
    if (point === 'stale') markStale(values, at);
    else if (typeof point === 'number') values[at] = point;
    else histograms[at] = point;
    if (random.chance(0.1)) startMs = startOf(random, timesMs, at);
    startTimesMs[at] = startMs;
  }
  return {
    labels: LabelSet.from(labels),
    timesMs,
    values,
    ...(histograms.some((one) => one !== undefined) ? { histograms } : {}),
    ...(startTimes ? { startTimesMs } : {}),
  };
}

function startOf(random: Random, timesMs: Float64Array, at: number): number {
  const before = timesMs[at - 1] ?? DATA_START_MS;
  return random.pick([0, before, before + 1, before - 5000, timesMs[at]!]);
}

function counter(random: Random): () => number {
  let value = random.whole(0, 50);
  const fraction = random.chance(0.2) ? 0.1 : 1;
  return () => {
    if (random.chance(0.06)) value = random.whole(0, 5);
    else if (!random.chance(0.2)) value += random.whole(0, 30) * fraction;
    return value;
  };
}

function gauge(random: Random): () => number {
  const strange = random.chance(0.4) ? 0.15 : 0;
  let value = random.whole(-20, 20);
  return () => {
    value += random.whole(-5, 5) / 4;
    return random.chance(strange) ? random.pick(STRANGE) : value;
  };
}

function buckets(random: Random, lowest: number, highest: number): Buckets {
  const indexes: number[] = [];
  for (let index = lowest; index <= highest; index++) if (random.chance(0.4)) indexes.push(index);
  return indexes.length === 0 ? NO_BUCKETS : { indexes, counts: indexes.map(() => random.whole(0, 6)) };
}

function total({ counts }: Buckets): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function grown(random: Random, { indexes, counts }: Buckets): Buckets {
  return { indexes, counts: counts.map((count) => count + (random.chance(0.5) ? random.whole(0, 4) : 0)) };
}

function exponential(random: Random): FloatHistogram {
  const positive = buckets(random, -3, 8);
  const negative = random.chance(0.3) ? buckets(random, -2, 4) : NO_BUCKETS;
  const zeroCount = random.whole(0, 4);
  return {
    ...EMPTY_HISTOGRAM,
    schema: random.whole(-1, 3),
    zeroThreshold: random.pick([0, 0.001, 0.5, 1]),
    zeroCount,
    positive,
    negative,
    count: zeroCount + total(positive) + total(negative),
    sum: random.whole(-20, 100),
  };
}

function custom(random: Random): FloatHistogram {
  const customValues = random.pick([
    [1, 2, 5, 10],
    [1, 5, 10],
    [-1, 0, 1],
  ]);
  const positive = buckets(random, 0, customValues.length);
  return {
    ...EMPTY_HISTOGRAM,
    schema: CUSTOM_BUCKETS_SCHEMA,
    customValues,
    positive,
    count: total(positive),
    sum: random.whole(0, 100),
  };
}

/** A histogram that grows, changes its layout now and then, and is sometimes another one. */
function histograms(
  random: Random,
  make: (random: Random) => FloatHistogram,
  hints: readonly CounterResetHint[],
): () => FloatHistogram {
  let histogram = make(random);
  const hasNaN = random.chance(0.1);
  return () => {
    if (random.chance(0.08)) histogram = make(random);
    else if (!random.chance(0.1)) {
      const positive = grown(random, histogram.positive);
      const negative = grown(random, histogram.negative);
      const zeroCount = histogram.zeroCount + (histogram.schema === CUSTOM_BUCKETS_SCHEMA ? 0 : random.whole(0, 1));
      const missed = hasNaN ? 1 : 0;
      histogram = {
        ...histogram,
        positive,
        negative,
        zeroCount,
        count: zeroCount + total(positive) + total(negative) + missed,
        sum: hasNaN ? NaN : histogram.sum + random.whole(0, 9),
      };
    }
    return { ...histogram, hint: random.pick(hints) };
  };
}

const JOBS = ['a', 'b'];
const INSTANCES = ['0', '1', '2'];
const BOUNDS = ['0.1', '1', '5', '+Inf'];

interface Family {
  readonly name: string;
  readonly labels: readonly string[];
  readonly next: (random: Random) => (at: number) => Point;
  readonly startTimes?: boolean;
}

const COUNTS: readonly CounterResetHint[] = ['unknown'];
const HINTED: readonly CounterResetHint[] = ['unknown', 'unknown', 'not_reset', 'not_reset', 'reset'];

const FAMILIES: readonly Family[] = [
  { name: 'requests_total', labels: ['job', 'instance'], next: counter, startTimes: true },
  { name: 'queue', labels: ['job', 'instance', 'zone.name'], next: gauge },
  { name: 'small', labels: ['job', 'instance'], next: (random) => () => random.whole(-1, 2) },
  { name: 'http.size', labels: ['job', 'zone.name'], next: gauge },
  {
    name: 'rpc',
    labels: ['job', 'instance'],
    next: (random) => histograms(random, exponential, COUNTS),
    startTimes: true,
  },
  { name: 'hinted', labels: ['job'], next: (random) => histograms(random, exponential, HINTED) },
  { name: 'level', labels: ['job'], next: (random) => histograms(random, exponential, ['gauge']) },
  { name: 'nhcb', labels: ['job', 'instance'], next: (random) => histograms(random, custom, COUNTS) },
  {
    name: 'mix',
    labels: ['job', 'instance'],
    next: (random) => {
      const kinds = [
        gauge(random),
        histograms(random, exponential, COUNTS),
        histograms(random, custom, ['unknown', 'gauge']),
      ];
      let kind = random.pick(kinds);
      return () => {
        if (random.chance(0.15)) kind = random.pick(kinds);
        return kind();
      };
    },
  },
];

function labelsOf(random: Random, { name, labels }: Family): [string, string][] {
  const values: Readonly<Record<string, readonly string[]>> = { job: JOBS, instance: INSTANCES };
  return [
    ['__name__', name],
    ...labels.flatMap((label): [string, string][] =>
      random.chance(0.9) ? [[label, random.pick(values[label] ?? ['eu', 'ü'])]] : [],
    ),
  ];
}

/** A classic histogram, and sometimes a native one with the same labels. */
function classic(random: Random): Series[] {
  const job = random.pick(JOBS);
  const found = BOUNDS.filter(() => random.chance(0.92)).map((le) => {
    const step = le === '+Inf' ? 4 : Number(le);
    const next = counter(random);
    return series(
      random,
      [
        ['__name__', 'lat_bucket'],
        ['job', job],
        ['le', le],
      ],
      () => next() * step,
    );
  });
  if (random.chance(0.3))
    found.push(
      series(
        random,
        [
          ['__name__', 'lat_bucket'],
          ['job', job],
        ],
        histograms(random, exponential, COUNTS),
      ),
    );
  if (random.chance(0.3))
    found.push(
      series(
        random,
        [
          ['__name__', 'lat_bucket'],
          ['job', job],
          ['le', '1.0'],
        ],
        counter(random),
      ),
    );
  return found;
}

function infos(random: Random): Series[] {
  return ['target_info', 'build_info'].flatMap((name) =>
    JOBS.flatMap((job) =>
      INSTANCES.filter(() => random.chance(0.5)).map((instance) => {
        const version = random.pick(['1', '2']);
        return series(
          random,
          [
            ['__name__', name],
            ['job', job],
            ['instance', instance],
            [name === 'target_info' ? 'version' : 'commit', version],
          ],
          () => 1,
        );
      }),
    ),
  );
}

/** All series of one seed, in the order of their labels; no two have the same ones. */
export function randomSeries(seed: number): readonly Series[] {
  const random = new Random(seed, 'data');
  const found = new Map<string, Series>();
  for (const family of FAMILIES) {
    for (let count = random.whole(1, 5); count > 0; count--) {
      const one = series(random, labelsOf(random, family), family.next(random), family.startTimes);
      if (one.timesMs.length > 0) found.set(one.labels.key, one);
    }
  }
  for (const one of [...classic(random), ...(random.chance(0.6) ? infos(random) : [])])
    if (one.timesMs.length > 0) found.set(one.labels.key, one);
  return [...found.values()].sort((a, b) => compareLabels(a.labels, b.labels));
}
