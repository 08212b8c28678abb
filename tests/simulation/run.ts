// npm run simulate:faults: runs many seeds, prints those that fail with the fewest faults that still make them fail, and how to run them again.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { BROKEN, NEEDS, suited, type Broken } from './broken.ts';
import { Pool } from './pool.ts';
import { FAULT_KINDS, scheduleOf, type Durability, type FaultKind, type Schedule } from './schedule.ts';
import { kindsOf, shrink } from './shrink.ts';
import type { Outcome } from './simulate.ts';

const HELP = `npm run simulate:faults -- [OPTION…]: the collector on a virtual clock, disk, store and network, with faults; one seed, one run.
  --seeds N           so many seeds (100)
  --from SEED         from this one on (1)
  --seed S            this one alone; with --trace everything that happens
  --faults 0,3        of its faults only these (their places in the list)
  --seconds N         begin no new seed after so long
  --broken NAME       with a safeguard taken away: ${BROKEN.join(', ')}; ends at the first seed that sees it (code 0), or with 1
  --always KIND,…     faults that every seed has
  --without KIND,…    faults that no seed has: ${FAULT_KINDS.join(', ')}
  --durability MODE   memory, written or fsync
  --kept              first the schedules in kept-schedules.json
  --keep              write what fails there
  --no-shrink         failing schedules as they are
  --failures N        stop after so many (50)
  --coverage          what the runs came across
  --processes N       (${availableParallelism()})`;
const KEPT = new URL('kept-schedules.json', import.meta.url);
/** Of failing seeds so many are made small and printed in full. */
const MOST_SHRUNK = 10;
const EXIT_USAGE = 2;

interface Kept {
  readonly why: string;
  readonly schedule: Schedule;
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    faults: { type: 'string' },
    seconds: { type: 'string', default: 'Infinity' },
    broken: { type: 'string' },
    always: { type: 'string', default: '' },
    without: { type: 'string', default: '' },
    durability: { type: 'string' },
    kept: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    failures: { type: 'string', default: '50' },
    coverage: { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
    processes: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

function kindsIn(text: string, flag: string): FaultKind[] {
  return text
    .split(',')
    .filter((word) => word !== '')
    .map((word) => {
      const kind = FAULT_KINDS.find((known) => known === word);
      if (kind === undefined) usage(`--${flag} ${word}: no such fault; there are ${FAULT_KINDS.join(', ')}`);
      return kind;
    });
}

function usage(message: string): never {
  console.error(message);
  process.exit(EXIT_USAGE);
}

const broken: Broken | undefined = BROKEN.find((name) => name === values.broken);
if (values.broken !== undefined && broken === undefined)
  usage(`--broken ${values.broken}: there are ${BROKEN.join(', ')}`);
const durability = (['memory', 'written', 'fsync'] as const satisfies readonly Durability[]).find(
  (mode) => mode === values.durability,
);
if (values.durability !== undefined && durability === undefined)
  usage(`--durability ${values.durability}: memory, written or fsync`);
const options = {
  always: [...kindsIn(values.always, 'always'), ...(broken === undefined ? [] : NEEDS[broken])],
  without: kindsIn(values.without, 'without'),
  durability,
};
const untilMs = performance.now() + Number(values.seconds) * 1000;
const pool = new Pool(Number(values.processes ?? availableParallelism()));

/** One seed, told in full. */
async function one(seed: number): Promise<number> {
  const whole = suited(broken, scheduleOf(seed, options));
  const places = values.faults
    ?.split(',')
    .filter((word) => word !== '')
    .map(Number);
  const schedule =
    places === undefined ? whole : { ...whole, faults: whole.faults.filter((_fault, place) => places.includes(place)) };
  const { faults, ...rest } = schedule;
  console.log(JSON.stringify(rest));
  for (const fault of faults)
    console.log(`  ${String(whole.faults.indexOf(fault)).padStart(2)} ${JSON.stringify(fault)}`);
  const outcome = await pool.run(schedule, { traces: values.trace, broken });
  for (const line of outcome.lines) console.log(line);
  console.log(
    `seed ${seed}: hash ${outcome.hash}, ${(outcome.virtualMs / 1000).toFixed(1)} virtual s, ${outcome.events} events, ${outcome.items} items acknowledged, ${outcome.lives} lives, ${outcome.retries} retries`,
  );
  for (const violation of outcome.violations) console.log(`  ${violation}`);
  return outcome.violations.length === 0 ? 0 : 1;
}

let shrunk = 0;

/** Prints a failing schedule, made as small as it can be. */
async function reportFailure(schedule: Schedule, outcome: Outcome, name: string): Promise<Schedule> {
  const lines = [`${name} (${schedule.durability}${schedule.isSampled ? ', half sampled' : ''}) FAILS:`];
  if (shrunk >= MOST_SHRUNK) {
    console.log(`${lines.join('')} ${outcome.violations.map((violation) => violation.slice(0, 60)).join('; ')}`);
    return schedule;
  }
  for (const violation of outcome.violations.slice(0, 8))
    lines.push(`    ${violation.split('\n').slice(0, 6).join('\n      ')}`);
  let least = schedule;
  shrunk++;
  if (!values['no-shrink']) {
    const kinds = kindsOf(outcome.violations);
    least = await shrink(schedule, async (candidate) =>
      kindsOf((await pool.run(candidate, { broken })).violations).some((kind) => kinds.includes(kind)),
    );
    lines.push(...least.faults.map((fault) => `    with ${JSON.stringify(fault)}`));
    if (least.faults.length === 0) lines.push('    with no fault at all');
    const places = least.faults.map((fault) => schedule.faults.indexOf(fault));
    const flags = [
      broken === undefined ? '' : ` --broken ${broken}`,
      values.always === '' ? '' : ` --always ${values.always}`,
      values.without === '' ? '' : ` --without ${values.without}`,
      durability === undefined ? '' : ` --durability ${durability}`,
    ];
    lines.push(
      `    again: npm run simulate:faults -- --seed ${schedule.seed}${flags.join('')} --faults ${places.join(',') || 'none'} --trace`,
    );
  }
  console.log(lines.join('\n'));
  return least;
}

async function many(): Promise<number> {
  const startedMs = performance.now();
  const kept = values.kept ? (JSON.parse(readFileSync(KEPT, 'utf8')) as Kept[]) : [];
  const count = Number(values.seeds ?? 100);
  const from = Number(values.from);
  const failures: Kept[] = [];
  let done = 0;
  let virtualMs = 0;
  let items = 0;
  const reached = new Map<string, number>();
  let isFound = false;
  const queue: (() => readonly [schedule: Schedule, name: string])[] = kept.map(({ schedule, why }) => () => [
    schedule,
    `kept: ${why}, seed ${schedule.seed}`,
  ]);
  for (let seed = from; seed < from + count; seed++)
    queue.push(() => [suited(broken, scheduleOf(seed, options)), `seed ${seed}`]);
  const lane = async (): Promise<void> => {
    for (
      let make = queue.shift();
      make !== undefined && performance.now() < untilMs && !isFound && failures.length < Number(values.failures);
      make = queue.shift()
    ) {
      const [schedule, name] = make();
      const outcome = await pool.run(schedule, { broken });
      done++;
      virtualMs += outcome.virtualMs;
      items += outcome.items;
      for (const [what, times] of Object.entries(outcome.reached)) reached.set(what, (reached.get(what) ?? 0) + times);
      if (done % 500 === 0)
        console.error(
          `${done} seeds, ${failures.length} fail, ${(done / ((performance.now() - startedMs) / 1000)).toFixed(1)}/s`,
        );
      if (outcome.violations.length === 0) continue;
      if (broken !== undefined) {
        // Only what the whole build does not do says anything about the safeguard.
        const whole = await pool.run(schedule);
        if (whole.violations.length > 0) {
          console.log(`${name} fails without anything taken away, too: ${whole.violations[0]?.slice(0, 120)}`);
          continue;
        }
        isFound = true;
      }
      failures.push({
        why: outcome.violations[0]?.split('\n', 1)[0] ?? '',
        schedule: await reportFailure(schedule, outcome, name),
      });
    }
  };
  await Promise.all(Array.from({ length: Number(values.processes ?? availableParallelism()) }, lane));
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(
    `${done} runs (${(virtualMs / 3_600_000).toFixed(1)} virtual hours, ${items} items acknowledged) in ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(1)}/s: ${failures.length} fail${
      failures.length === 0
        ? ''
        : ` (${failures
            .map(({ schedule: { seed } }) => seed)
            .slice(0, 100)
            .join(', ')})`
    }`,
  );
  if (values.coverage)
    for (const [what, times] of [...reached].toSorted(([a], [b]) => (a < b ? -1 : 1)))
      console.log(`  ${String(times).padStart(8)} ${what}`);
  if (values.keep && failures.length > 0) {
    const before = JSON.parse(readFileSync(KEPT, 'utf8')) as Kept[];
    writeFileSync(KEPT, `${JSON.stringify([...before, ...failures], null, 1)}\n`);
  }
  if (broken === undefined) return failures.length === 0 ? 0 : 1;
  console.log(
    isFound
      ? `broken build "${broken}": seen after ${done} seeds`
      : `broken build "${broken}": NOT seen in ${done} seeds`,
  );
  return isFound ? 0 : 1;
}

const code = values.seed === undefined ? await many() : await one(Number(values.seed));
pool.close();
process.exit(code);
