// Runs one unit test of rules on simulated time: groups are evaluated step by step, alerts and expressions compared with what the test expects.
import type { EngineOptions } from '#query/promql/engine.ts';
import { formatDurationMs } from '#query/promql/literals.ts';
import { quote } from '#query/promql/quote.ts';
import { engineQuery } from '../engine-query.ts';
import { evaluateGroup } from '../evaluate-group.ts';
import { freshState } from '../group-state.ts';
import type { ActiveAlert, GroupState, QueryFn, RuleGroup, Surroundings } from '../model.ts';
import { durationText } from '../template/go-time.ts';
import { alertsText, expectedAlerts, sameAlerts, sortedAlerts, type ShownAlert } from './compare-alerts.ts';
import { expectedSamples, gotSamples, sameSamples, samplesText } from './compare-samples.ts';
import { inputSeriesOf } from './input-series.ts';
import { SeriesMemory } from './series-memory.ts';
import type { AlertTest, UnitTest } from './unit-file.ts';

/** Evaluations of one test: a year of minutes. */
const MAX_EVALUATIONS = 600_000;

export interface UnitTestPlan {
  readonly groups: readonly RuleGroup[];
  readonly evaluationIntervalMs: number;
  readonly fuzzyCompare: boolean;
  /** Interval of sub-queries apart, which is that of the evaluation. */
  readonly engine: EngineOptions;
}

/** What failed, as promtool prints it; empty: all is as expected. */
export async function runUnitTest(test: UnitTest, plan: UnitTestPlan, signal: AbortSignal): Promise<string[]> {
  const nameless = test.alertTests.find(({ alertname }) => alertname === '');
  if (nameless !== undefined) {
    const where = test.name === '' ? '' : ` (in TestGroup ${test.name})`;
    const at = formatDurationMs(nameless.evalTimeMs);
    return [`an item under alert_rule_test misses required attribute alertname at eval_time ${at}${where}`];
  }
  const lastMs = Math.max(0, ...[...test.alertTests, ...test.exprTests].map(({ evalTimeMs }) => evalTimeMs));
  if (lastMs / plan.evaluationIntervalMs > MAX_EVALUATIONS)
    return [`evaluation limit: the test needs more than ${MAX_EVALUATIONS} evaluations`];
  try {
    const store = new SeriesMemory(inputSeriesOf(test));
    const query = engineQuery(store, { ...plan.engine, subqueryStepMs: plan.evaluationIntervalMs }, signal);
    const run = new UnitTestRun(test, plan, store, query);
    const isWhole = await run.evaluate(lastMs, signal);
    return isWhole ? [...run.failures, ...(await exprFailures(test, plan.fuzzyCompare, query))] : run.failures;
  } catch (error) {
    signal.throwIfAborted();
    return [messageOf(error)];
  }
}

class UnitTestRun {
  readonly failures: string[] = [];
  readonly #test: UnitTest;
  readonly #plan: UnitTestPlan;
  readonly #store: SeriesMemory;
  readonly #surroundings: Surroundings;
  readonly #states: GroupState[];

  constructor(test: UnitTest, plan: UnitTestPlan, store: SeriesMemory, query: QueryFn) {
    this.#test = test;
    this.#plan = plan;
    this.#store = store;
    this.#states = plan.groups.map((group) => freshState(group, true));
    this.#surroundings = {
      query,
      write: async (samples) => store.write(samples),
      nowMs: () => 0,
      externalLabels: test.externalLabels,
      externalUrl: test.externalUrl,
      queryOffsetMs: 0,
    };
  }

  /** False where an evaluation failed: nothing after it is looked at. */
  async evaluate(lastMs: number, signal: AbortSignal): Promise<boolean> {
    const { startMs, alertTests } = this.#test;
    const { evaluationIntervalMs } = this.#plan;
    const waiting = alertTests.toSorted((a, b) => a.evalTimeMs - b.evalTimeMs);
    let next = 0;
    for (let sinceMs = 0; sinceMs <= lastMs; sinceMs += evaluationIntervalMs) {
      signal.throwIfAborted();
      this.#store.advance(startMs + sinceMs);
      const errors = await this.#evaluateGroups(startMs + sinceMs);
      this.failures.push(...errors);
      if (errors.length > 0) return false;
      for (; next < waiting.length && waiting[next]!.evalTimeMs < sinceMs + evaluationIntervalMs; next++)
        this.#check(waiting[next]!);
    }
    return true;
  }

  async #evaluateGroups(atMs: number): Promise<string[]> {
    const errors: string[] = [];
    for (const [at, group] of this.#plan.groups.entries()) {
      const { state } = await evaluateGroup(group, this.#states[at]!, atMs, this.#surroundings);
      this.#states[at] = state;
      for (const [place, { lastError }] of state.rules.entries()) {
        if (lastError === undefined) continue;
        const time = durationText({ kind: 'duration', nanoseconds: BigInt(Math.trunc(atMs)) * 1_000_000n });
        errors.push(`    rule: ${group.rules[place]!.name}, time: ${time}, err: ${lastError}`);
      }
    }
    return errors;
  }

  /** The alerts of that name that fire now, in whatever group. */
  #firing(alertname: string): ShownAlert[] {
    const alerts: ActiveAlert[] = [];
    for (const [at, group] of this.#plan.groups.entries())
      for (const [place, rule] of group.rules.entries())
        if (rule.kind === 'alerting' && rule.name === alertname)
          alerts.push(...this.#states[at]!.rules[place]!.alerts.values());
    return alerts
      .filter(({ state }) => state === 'firing')
      .map(({ labels, annotations }) => ({ labels: new Map(labels.entries()), annotations }));
  }

  #check(test: AlertTest): void {
    const got = sortedAlerts(this.#firing(test.alertname));
    const expected = sortedAlerts(expectedAlerts(test));
    if (sameAlerts(expected, got)) return;
    const name = this.#test.name === '' ? '' : `    name: ${this.#test.name},\n`;
    this.failures.push(
      `${name}    alertname: ${test.alertname}, time: ${formatDurationMs(test.evalTimeMs)}, \n` +
        `        exp:${alertsText(expected)}, \n        got:${alertsText(got)}`,
    );
  }
}

async function exprFailures(
  { exprTests, startMs }: UnitTest,
  fuzzyCompare: boolean,
  query: QueryFn,
): Promise<string[]> {
  const failures: string[] = [];
  for (const test of exprTests) {
    const head = `    expr: ${quote(test.expr)}, time: ${formatDurationMs(test.evalTimeMs)},`;
    try {
      const got = gotSamples(await query(test.expr, startMs + test.evalTimeMs));
      const expected = expectedSamples(test);
      if (!sameSamples(expected, got, fuzzyCompare))
        failures.push(`${head}\n        exp: ${samplesText(expected)}\n        got: ${samplesText(got)}`);
    } catch (error) {
      failures.push(`${head} err: ${messageOf(error)}`);
    }
  }
  return failures;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
