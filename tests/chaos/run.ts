// npm run chaos: breaks a real Winnow of its own in named ways, compares what is stored with what was acknowledged, and reports.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BROKEN_BUILDS } from './broken.ts';
import type { Experiment } from './experiment.ts';
import { DISK } from './experiments/disk.ts';
import { KILLED } from './experiments/killed.ts';
import { NETWORK } from './experiments/network.ts';
import { STORE } from './experiments/store.ts';
import { whyNot } from './machine.ts';
import { report, type Finding } from './report.ts';
import { runExperiment } from './run-experiment.ts';

const EXPERIMENTS: readonly Experiment[] = [...KILLED, ...DISK, ...STORE, ...NETWORK];
const HELP = `npm run chaos -- [OPTION…]: experiments on real processes, on free ports and a temporary directory.
  --experiment NAME   this one; may be given several times, or as NAME,NAME. Without it all that are not long
  --minutes N         so long faults go on in each (each has its own)
  --seed S            of the load and of what is broken when (a random one)
  --broken NAME       with a safeguard taken away, and the experiment that needs it: ${BROKEN_BUILDS.map(({ name }) => name).join(', ')};
                      ends with 0 when the experiment fails, with 1 when it does not notice
  --report FILE       the report goes there instead of stdout
  --keep              leave the directory with the logs
  --list              what there is, and what this machine lets run`;
const EXIT_USAGE = 2;

const { values } = parseArgs({
  options: {
    experiment: { type: 'string', multiple: true, default: [] },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    report: { type: 'string' },
    broken: { type: 'string' },
    keep: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const scratch = mkdtempSync(path.join(tmpdir(), 'winnow-chaos-'));
if (values.list) {
  for (const { name, hypothesis, minutes, isLong, needs } of EXPERIMENTS) {
    const impossible = needs.flatMap((need) => whyNot(need, scratch) ?? []);
    console.log(
      `${name} (${minutes} min${isLong === true ? ', only by name' : ''})${impossible.length === 0 ? '' : `: not possible here, ${impossible.join(', ')}`}\n    ${hypothesis}`,
    );
  }
  rmSync(scratch, { recursive: true, force: true });
  process.exit(0);
}
const broken = BROKEN_BUILDS.find(({ name }) => name === values.broken);
if (values.broken !== undefined && broken === undefined) {
  console.error(`--broken ${values.broken}: there are ${BROKEN_BUILDS.map(({ name }) => name).join(', ')}`);
  process.exit(EXIT_USAGE);
}
const asked = values.experiment.length === 0 && broken !== undefined ? [broken.experiment] : values.experiment;
const names = asked.flatMap((text) => text.split(','));
const unknown = names.filter((name) => !EXPERIMENTS.some((experiment) => experiment.name === name));
if (unknown.length > 0) {
  console.error(`no experiment ${unknown.join(', ')}; there are ${EXPERIMENTS.map(({ name }) => name).join(', ')}`);
  process.exit(EXIT_USAGE);
}
const chosen =
  names.length === 0
    ? EXPERIMENTS.filter(({ isLong }) => isLong !== true)
    : EXPERIMENTS.filter(({ name }) => names.includes(name));
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
const minutes = values.minutes === undefined ? undefined : Number(values.minutes);

let killAll = async (): Promise<void> => {};
const giveUp = (): void => {
  console.error('stopping: everything is killed and removed');
  void killAll().finally(() => {
    rmSync(scratch, { recursive: true, force: true });
    process.exit(1);
  });
};
process.once('SIGINT', giveUp);
process.once('SIGTERM', giveUp);
process.once('uncaughtException', (error) => {
  console.error(error);
  giveUp();
});

const findings: Finding[] = [];
if (broken !== undefined) console.error(`broken build "${broken.name}": ${broken.what}`);
for (const [i, experiment] of chosen.entries()) {
  console.error(`[${i + 1}/${chosen.length}] ${experiment.name}: ${experiment.hypothesis}`);
  const finding = await runExperiment(experiment, {
    seed,
    minutes,
    scratch,
    broken: broken?.name,
    onEvent: (line) => console.error(`    ${line}`),
    onStage: (kill) => {
      killAll = kill;
    },
  });
  findings.push(finding);
  console.error(`  ${finding.verdict}${finding.reasons.map((reason) => `\n    ${reason}`).join('')}`);
}
const commit = execFileSync('git', ['describe', '--always', '--dirty'], {
  encoding: 'utf8',
  cwd: import.meta.dirname,
}).trim();
const text = report(findings, commit);
if (values.report === undefined) console.log(text);
else writeFileSync(values.report, text);
if (values.keep) console.error(`logs are in ${scratch}`);
else rmSync(scratch, { recursive: true, force: true });
const hasFailed = findings.some(({ verdict }) => verdict === 'failed' || verdict === 'broken off');
if (broken !== undefined) console.error(`broken build "${broken.name}": ${hasFailed ? 'seen' : 'NOT seen'}`);
process.exit(hasFailed === (broken === undefined) ? 1 : 0);
