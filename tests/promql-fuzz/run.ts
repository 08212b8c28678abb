// npm run promql-fuzz -- [--queries N] [--seed S] [--store memory|clickhouse|both] [--minutes M]: random queries over random series, answered by the
// engine in memory, by the engine over ClickHouse, and by the plain evaluator. Exit code 1 where answers differ.
import { parseArgs } from 'node:util';
import { isStaleWord, wordsOf } from '#query/promql/stale.ts';
import type { Series } from '#query/promql/storage.ts';
import { clickHouseTarget } from '#scripts/promqltest/clickhouse-target.ts';
import type { Target } from '#scripts/promqltest/target.ts';
import { engineOn } from './answers.ts';
import { fuzz, type Case, type Found, type PairOn } from './fuzz.ts';
import { engineAgainstPlain, memoryOf } from './pairs.ts';
import { shrink } from './shrink.ts';

const USAGE = 'usage: npm run promql-fuzz -- [--queries N] [--seed S] [--store memory|clickhouse|both] [--minutes M]';
/** Differences that are shown; there may be one cause behind many. */
const MAX_SHOWN = 20;

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    store: { type: 'string', default: 'memory' },
    minutes: { type: 'string', default: '0' },
  },
});
const count = Number(values.queries);
const seed = Number(values.seed);
const minutes = Number(values.minutes);
if (
  ![count, seed, minutes].every((one) => Number.isSafeInteger(one) && one >= 0) ||
  !['memory', 'clickhouse', 'both'].includes(values.store)
) {
  console.error(USAGE);
  process.exit(2);
}

function shownSeries({ labels, timesMs, values: floats, histograms, startTimesMs }: Series): string {
  const words = wordsOf(floats);
  const samples = [...timesMs].map((timeMs, at) => {
    const point = histograms?.[at];
    const text = point === undefined ? (isStaleWord(words, at) ? 'stale' : String(floats[at])) : JSON.stringify(point);
    const startMs = startTimesMs?.[at] ?? 0;
    return `${timeMs}=${text}${startMs === 0 ? '' : ` since ${startMs}`}`;
  });
  return `    ${labels.toString()} ${samples.join(', ')}`;
}

function show(where: string, { seed: of, difference }: Found, smallest: Case, smallestDifference: string): void {
  const { query, asked, options, series } = smallest;
  console.log(`${where}: ${difference}`);
  console.log(`  again: npm run promql-fuzz -- --queries 1 --seed ${of} --store ${values.store}`);
  console.log(`  smallest: ${query}\n    ${JSON.stringify(asked)} ${JSON.stringify(options)}`);
  for (const one of series) console.log(shownSeries(one));
  console.log(`    ${smallestDifference}`);
}

let differences = 0;
async function run(where: string, pairOn: PairOn): Promise<void> {
  const startedMs = performance.now();
  const endMs = startedMs + minutes * 60_000;
  const report = async (found: Found): Promise<void> => {
    differences++;
    if (differences > MAX_SHOWN) return;
    const smallest = await shrink(pairOn, found.case, found.difference);
    show(where, found, smallest.case, smallest.difference);
    // The series of the case were in the place of those of the seed.
    await pairOn(found.case.series);
  };
  const isOver = (): boolean => minutes > 0 && performance.now() > endMs;
  const { asked, answered } = await fuzz(
    pairOn,
    seed,
    minutes > 0 ? Number.MAX_SAFE_INTEGER - seed : count,
    report,
    isOver,
  );
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(
    `${where}: ${asked} queries from seed ${seed} in ${seconds.toFixed(0)} s, ${answered} with series or numbers in the answer, ${differences} differences so far`,
  );
}

function overClickHouse(target: Target): PairOn {
  return async (series) => {
    await target.clear();
    await target.add(series);
    return { a: engineOn(target.store), b: engineOn(memoryOf(series)), tolerance: 0 };
  };
}

console.log(`promql-fuzz: seed ${seed}`);
if (values.store !== 'clickhouse') await run('memory against the plain evaluator', engineAgainstPlain);
if (values.store !== 'memory') {
  const target = await clickHouseTarget();
  try {
    await run('ClickHouse against memory', overClickHouse(target));
  } finally {
    await target.close();
  }
}
process.exitCode = differences === 0 ? 0 : 1;
