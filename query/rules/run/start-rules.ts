// Puts rules together for the process of query: threads, disk, clock and the ways to the collector and to Alertmanagers.
import { readFile } from 'node:fs/promises';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '#proto/log/log.ts';
import type { Evaluator } from '#query/evaluation/question.ts';
import type { EngineOptions } from '#query/promql/engine.ts';
import type { SeriesStore } from '#query/promql/storage.ts';
import { Alertmanagers } from '#query/rules/alertmanager/alertmanagers.ts';
import { alertSender } from '#query/rules/alertmanager/send-alerts.ts';
import { evaluateGroup } from '#query/rules/evaluate-group.ts';
import { queryOfRules } from './ask-query.ts';
import { systemClock } from './clock.ts';
import { FreshSamples } from './fresh-samples.ts';
import { findRuleFiles, ruleFileReader } from './rule-files.ts';
import { RulesRuntime, type RuleConfig } from './rules-runtime.ts';
import { SampleQueue } from './sample-queue.ts';
import { sendSamples } from './send-samples.ts';
import { watchRules } from './watch-rules.ts';

export interface StartRules {
  readonly config: RuleConfig;
  readonly engine: EngineOptions;
  /** Threads for rules alone; made when the first rule asks. */
  readonly evaluator: () => Evaluator;
  readonly store: SeriesStore;
  /** HOST:PORT of the collector's HTTP receiver. */
  readonly receiver: string;
  /** Where people reach the UI, when the settings do not say. */
  readonly ownUrl: () => string;
  readonly log: Log;
}

/** Nothing runs before {@link runRules}. @param signal ends questions to the store */
export function prepareRules(parts: StartRules, signal: AbortSignal): RulesRuntime {
  const { engine, store, receiver, log, ownUrl } = parts;
  const fresh = new FreshSamples(systemClock.nowMs);
  const queue = new SampleQueue({ send: (samples) => sendSamples(receiver, samples), clock: systemClock, fresh, log });
  const alertmanagers = new Alertmanagers({
    senderOf: (address) => alertSender(address, (path) => readFile(path, 'utf8')),
    log,
    elapsedMs: () => performance.now(),
    wait: (ms) => sleep(ms, undefined, { ref: false }),
  });
  return new RulesRuntime(parts.config, {
    evaluate: (group, state, atMs, surroundings) =>
      evaluateGroup(group, state, atMs, { ...surroundings, pause: () => setImmediate() }),
    query: queryOfRules({
      evaluator: parts.evaluator,
      fresh,
      features: engine.features,
      lookbackMs: engine.lookbackMs,
      timeoutMs: engine.limits.timeoutMs,
    }),
    select: (matchers, startMs, endMs) => store.select(matchers, { startMs, endMs }, engine.limits, signal),
    files: ruleFileReader(engine.features),
    fresh,
    queue,
    alertmanagers,
    ownUrl,
    clock: systemClock,
    log,
  });
}

/** Puts the rules of the configuration in force, and watches their files until the signal is aborted. */
export function runRules(runtime: RulesRuntime, signal: AbortSignal): void {
  runtime.configure(runtime.requested);
  const paths = (): readonly string[] => runtime.requested.rules.files.flatMap(findRuleFiles);
  void watchRules(paths, () => runtime.configure(runtime.requested), signal);
}
