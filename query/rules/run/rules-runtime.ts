// Rules and alerts of this process: what is configured, what runs, and where its samples and alerts go. Everything of the machine is handed in.
import type { Log } from '#proto/log/log.ts';
import type { Config } from '#proto/config/schema.ts';
import type { Matcher } from '#query/promql/matcher.ts';
import type { Series } from '#query/promql/storage.ts';
import type { Alertmanagers } from '#query/rules/alertmanager/alertmanagers.ts';
import type { EvaluateGroup, QueryFn } from '#query/rules/model.ts';
import type { Clock } from './clock.ts';
import type { FreshSamples } from './fresh-samples.ts';
import type { GroupRunner, GroupSurroundings } from './group-runner.ts';
import { loadGroups, type RuleFileReader } from './load-groups.ts';
import { restoreForState } from './restore.ts';
import { RuleManager } from './rule-manager.ts';
import type { SampleQueue } from './sample-queue.ts';
import { Slots } from './slots.ts';
import { SampleDoor } from './write-samples.ts';

/** Groups that are evaluated at a time; each has one question at a time, and the pool of threads queues 256. */
const GROUPS_AT_A_TIME = 16;
/** Alerts that wait for an Alertmanager which the configuration no longer has are sent within this time. */
const REMOVED_CLOSE_MS = 10_000;
/** Problems of one kind that the state of health shows, and characters of each. */
const MAX_SHOWN = 5;
const MAX_CHARACTERS = 300;

/** The part of the configuration that rules depend on. */
export type RuleConfig = Pick<Config, 'rules' | 'alertmanagers'>;

export interface RulesParts {
  readonly evaluate: EvaluateGroup;
  readonly query: (signal: AbortSignal) => QueryFn;
  readonly select: (matchers: readonly Matcher[], startMs: number, endMs: number) => Promise<readonly Series[]>;
  readonly files: RuleFileReader;
  readonly fresh: FreshSamples;
  readonly queue: SampleQueue;
  readonly alertmanagers: Alertmanagers;
  /** For `rules.external_url`, where it is empty. */
  readonly ownUrl: () => string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Reload {
  /** Why the last configuration was refused; empty: it runs. */
  readonly problems: readonly string[];
  /** When what runs was read, Unix ms. */
  readonly appliedMs: number;
}

export class RulesRuntime {
  readonly #parts: RulesParts;
  readonly #manager: RuleManager;
  readonly #door: SampleDoor;
  #config: RuleConfig;
  /** The last configuration, whether it runs or was refused because of its files. */
  requested: RuleConfig;
  #isStopped = false;
  reload: Reload = { problems: [], appliedMs: 0 };

  /** Nothing runs before {@link configure}. */
  constructor(config: RuleConfig, parts: RulesParts) {
    this.#parts = parts;
    this.#config = config;
    this.requested = config;
    this.#door = new SampleDoor(parts.fresh, parts.queue);
    this.#manager = new RuleManager(this.#surroundings());
  }

  /** What runs. */
  get config(): RuleConfig {
    return this.#config;
  }

  get groups(): readonly GroupRunner[] {
    return this.#manager.groups;
  }

  get alertmanagers(): Alertmanagers {
    return this.#parts.alertmanagers;
  }

  get queue(): SampleQueue {
    return this.#parts.queue;
  }

  get fresh(): FreshSamples {
    return this.#parts.fresh;
  }

  get discarded(): number {
    return this.#door.discarded;
  }

  /** Puts a configuration and its rule files in force, all or nothing. */
  configure(config: RuleConfig): void {
    const { files, log, clock, alertmanagers } = this.#parts;
    if (this.#isStopped) return;
    this.requested = config;
    const { rules } = config;
    const { groups, problems, warnings } = loadGroups(rules.files, files, {
      maxGroups: rules.max_groups,
      maxRules: rules.max_rules,
    });
    for (const warning of warnings) log.warn({}, warning);
    if (problems.length > 0) return this.refuse(problems);
    this.#config = config;
    this.reload = { problems: [], appliedMs: clock.nowMs() };
    alertmanagers.configure(
      { addresses: config.alertmanagers ?? [], externalLabels: labelsOf(config), externalUrl: this.#externalUrl() },
      REMOVED_CLOSE_MS,
    );
    this.#manager.configure(groups, rules.evaluation_interval);
    if (rules.files.length > 0)
      log.info(
        { groups: groups.length, rules: groups.reduce((sum, one) => sum + one.rules.length, 0) },
        'rules are in force',
      );
  }

  /** What runs stays as it is. */
  refuse(problems: readonly string[]): void {
    const { log } = this.#parts;
    this.reload = { ...this.reload, problems };
    for (const problem of problems) log.error({}, `rules were refused, those in force stay: ${problem}`);
  }

  /** What keeps rules and alerts from their work, for the state of health. */
  problems(): string[] {
    const { queue, alertmanagers } = this.#parts;
    const failing = this.groups.flatMap(({ group, state }) =>
      state.rules.flatMap(({ health, lastError }, at) =>
        health === 'err' ? [`rule ${group.rules[at]?.name ?? ''} of ${group.file} fails: ${lastError ?? ''}`] : [],
      ),
    );
    const problems = [
      ...this.reload.problems.slice(0, MAX_SHOWN).map((problem) => `rules were refused: ${problem}`),
      ...failing.slice(0, MAX_SHOWN),
      ...(queue.isAway ? [`${queue.waiting} samples of rules wait for the collector`] : []),
      ...alertmanagers.queues.filter(({ isFailing }) => isFailing).map(({ url }) => `alerts cannot be sent to ${url}`),
    ];
    return problems.map((text) => text.slice(0, MAX_CHARACTERS));
  }

  /** Ends evaluations, and sends what waits within the time. */
  async stop(withinMs: number): Promise<void> {
    this.#isStopped = true;
    await this.#manager.stop();
    await Promise.all([this.#parts.queue.close(withinMs), this.#parts.alertmanagers.close(withinMs)]);
  }

  #externalUrl(): string {
    const { external_url: url } = this.#config.rules;
    return url === '' ? this.#parts.ownUrl() : url;
  }

  #surroundings(): GroupSurroundings {
    const { evaluate, query, alertmanagers, select, clock, log } = this.#parts;
    return {
      evaluate,
      query,
      write: async (samples) => this.#door.write(samples),
      send: (text, alerts) => alertmanagers.send(text, alerts),
      restore: (group, state) => {
        const { alert } = this.#config.rules;
        return restoreForState(group, state, {
          atMs: clock.nowMs(),
          toleranceMs: alert.for_outage_tolerance,
          graceMs: alert.for_grace_period,
          select,
          onFailure: (rule, error) =>
            log.error(
              { alert: rule.name, error: String(error) },
              'how long alerts had waited before cannot be found out',
            ),
        });
      },
      settings: () => ({
        externalLabels: labelsOf(this.#config),
        externalUrl: this.#externalUrl(),
        queryOffsetMs: this.#config.rules.query_offset,
        resendDelayMs: this.#config.rules.alert.resend_delay,
      }),
      slots: new Slots(GROUPS_AT_A_TIME),
      clock,
      log,
    };
  }
}

function labelsOf({ rules }: RuleConfig): ReadonlyMap<string, string> {
  return new Map(Object.entries(rules.external_labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}
