// Runs one experiment: steady state, faults, time to come to rest, comparison, verdict. Whatever happens, nothing of it stays behind.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Experiment } from './experiment.ts';
import { whyNot } from './machine.ts';
import type { Finding } from './report.ts';
import { Stage } from './stage.ts';
import { comesToRest, isAudited, verify, type Verification } from './verifier.ts';

/** Everything is answered, decided and stored within this time after the last fault. */
const ANSWER_MS = 120_000;
const REST_MS = 120_000;
/** RED and edges are flushed every 2 s (stage.ts), and stored a second later. */
const FLUSH_MS = 6000;
/** The audit looks every 15 s. */
const AUDIT_MS = 90_000;
/** Over its time for faults an experiment may take so long in all. */
const MOST_MORE_MS = 600_000;
const CONFIG = 'sampling:\n  wait: { quiet: 1s, after_root: 2s, max: 4s }\n  rules: [{ name: all, keep: 100% }]\n';

export interface RunOptions {
  readonly seed: number;
  /** undefined: as the experiment has it. */
  readonly minutes: number | undefined;
  readonly scratch: string;
  /** Name of a broken build, see broken.ts. */
  readonly broken?: string | undefined;
  readonly onEvent: (line: string) => void;
  /** Called with what ends everything at once. */
  readonly onStage: (kill: () => Promise<void>) => void;
}

export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<Finding> {
  const startedMs = performance.now();
  const scratch = path.join(options.scratch, experiment.name);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const impossible = experiment.needs.flatMap((need) => whyNot(need, scratch) ?? []);
  const base = { experiment, seed: options.seed };
  if (impossible.length > 0)
    return {
      ...base,
      verdict: 'impossible',
      reasons: impossible.map((reason) => `not possible here: ${reason}`),
      seconds: 0,
      diary: [],
      facts: {},
    };
  const minutes = options.minutes ?? experiment.minutes;
  const configFile = path.join(scratch, 'winnow.yaml');
  writeFileSync(configFile, CONFIG);
  const stage = new Stage({
    experiment,
    seed: options.seed,
    minutes,
    scratch,
    configFile,
    onEvent: options.onEvent,
    broken: options.broken,
  });
  options.onStage(() => stage.kill9Everything());
  const reasons: string[] = [];
  let verification: Verification | undefined;
  let isBrokenOff = false;
  try {
    const work = async (): Promise<void> => {
      await stage.open();
      await experiment.inject(stage);
      stage.note('the last fault is over');
      verification = await afterwards(stage, reasons);
    };
    await Promise.race([
      work(),
      sleep(minutes * 60_000 + MOST_MORE_MS, undefined, { ref: false }).then(() => {
        throw new Error('broken off: it takes too long');
      }),
    ]);
    judge(experiment, stage, verification, reasons);
  } catch (error) {
    isBrokenOff = true;
    reasons.push(error instanceof Error ? error.message : String(error));
  } finally {
    await stage.close().catch((error: unknown) => options.onEvent(`cleaning up: ${String(error)}`));
  }
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    ...base,
    verdict: isBrokenOff ? 'broken off' : reasons.length === 0 ? 'held' : 'failed',
    reasons,
    seconds,
    diary: stage.diary,
    verification,
    facts: factsOf(stage),
  };
}

async function afterwards(stage: Stage, reasons: string[]): Promise<Verification | undefined> {
  const left = await stage.finish(ANSWER_MS);
  if (left > 0)
    reasons.push(
      `${left} requests are not answered ${ANSWER_MS / 1000} s after the last fault: ${[...stage.client.again].map(([why, times]) => `${times} × ${why}`).join(', ')}`,
    );
  if (!(await comesToRest(stage.winnow, REST_MS))) reasons.push(`something is pending ${REST_MS / 1000} s later`);
  await sleep(FLUSH_MS);
  if (!(await isAudited(stage.winnow, AUDIT_MS)))
    reasons.push(`the audit has not looked three times within ${AUDIT_MS / 1000} s`);
  reasons.push(...(await stage.alsoChecks()));
  try {
    return await verify(stage.winnow, stage.clickhouseUrl, stage.client);
  } catch (error) {
    reasons.push(`what is stored cannot be compared: ${String(error)}`);
    return undefined;
  }
}

function judge({ excuses }: Experiment, stage: Stage, verification: Verification | undefined, reasons: string[]): void {
  const { client } = stage;
  if (client.refusedForGood.length > 0)
    reasons.push(`${client.refusedForGood.length} requests are refused for good, as ${client.refusedForGood[0]}`);
  if (client.partial > 0) reasons.push(`${client.partial} answers reject a part of a valid request`);
  if (verification === undefined) return;
  const mostLost = excuses?.mostLost(stage) ?? 0;
  const lost = verification.spans.lost + verification.logs.lost + verification.points.lost;
  if (lost > mostLost)
    reasons.push(
      `${lost} acknowledged items are lost (spans ${verification.spans.lost}, log records ${verification.logs.lost}, points ${verification.points.lost})${excuses === undefined ? '' : `; ${mostLost} may be: ${excuses.why}`}`,
    );
  const doubled = verification.spans.doubled + verification.logs.doubled + verification.points.doubled;
  if (doubled > 0)
    reasons.push(
      `${doubled} items are stored twice (spans ${verification.spans.doubled}, log records ${verification.logs.doubled}, points ${verification.points.doubled})`,
    );
  const alarms = Object.entries(verification.alarms).filter(
    ([name]) => name.startsWith('winnow_audit_missing') || name.startsWith('winnow_audit_doubled'),
  );
  if (lost === 0 && doubled === 0)
    reasons.push(
      ...alarms.map(([name, value]) => `the audit says ${name} = ${value}, and nothing is missing or doubled`),
    );
  if (mostLost === 0 && verification.redCalls !== verification.spans.stored)
    reasons.push(`RED counts ${verification.redCalls} calls, ${verification.spans.stored} spans are stored`);
  if (verification.spanCount !== verification.spans.stored + verification.spans.doubled)
    reasons.push(
      `the summaries of the traces count ${verification.spanCount} spans, ${verification.spans.stored + verification.spans.doubled} are stored`,
    );
}

function factsOf(stage: Stage): Record<string, string | number> {
  const { client, backMs, facts } = stage;
  const percentile = (values: readonly number[], share: number): number =>
    Math.round(
      values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN,
    );
  if (client === undefined) return facts;
  return {
    ...facts,
    ...(backMs.length > 0 && {
      'back after, ms (median, most)': `${percentile(backMs, 0.5)}, ${percentile(backMs, 1)}`,
    }),
    'answered after, ms (median, 99 %)': `${percentile(client.latenciesMs, 0.5)}, ${percentile(client.latenciesMs, 0.99)}`,
    'longest time without an acknowledgement, ms': Math.round(client.longestSilenceMs),
    'requests that came again':
      [...client.again]
        .toSorted(([, a], [, b]) => b - a)
        .map(([why, times]) => `${times} × ${why}`)
        .join(', ') || 'none',
    'refused for good': client.refusedForGood.length,
    'most memory of the collector, MiB': Math.round(stage.mostMib),
  };
}
