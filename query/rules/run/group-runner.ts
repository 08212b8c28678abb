// One group that runs: evaluated at its instants, never twice at a time, until it is stopped.
import type { Log } from '#proto/log/log.ts';
import { dueAlerts } from '#query/rules/alertmanager/due-alerts.ts';
import type {
  ActiveAlert,
  EvaluateGroup,
  GroupOutcome,
  GroupState,
  QueryFn,
  RuleGroup,
  RuleLabels,
  RuleSample,
} from '#query/rules/model.ts';
import { waitFor, type Clock } from './clock.ts';
import { nextSlot, offsetOf, slotAt } from './schedule.ts';
import type { Slots } from './slots.ts';

/** A group that is too slow is so again and again. */
const SLOW_LOG_EVERY_MS = 60_000;

/** What groups share; settings may change between two evaluations. */
export interface GroupSurroundings {
  readonly evaluate: EvaluateGroup;
  readonly query: (signal: AbortSignal) => QueryFn;
  readonly write: (samples: readonly RuleSample[]) => Promise<void>;
  readonly send: (query: string, alerts: readonly ActiveAlert[]) => void;
  /** Of the process before this one. */
  readonly restore: (group: RuleGroup, state: GroupState) => Promise<GroupState>;
  readonly settings: () => {
    readonly externalLabels: RuleLabels;
    readonly externalUrl: string;
    readonly queryOffsetMs: number;
    readonly resendDelayMs: number;
  };
  readonly slots: Slots;
  readonly clock: Clock;
  readonly log: Log;
}

export interface GroupCounts {
  evaluations: number;
  failures: number;
  iterations: number;
  missed: number;
  /** Series that the last evaluation wrote. */
  samples: number;
  restoreMs: number;
}

export class GroupRunner {
  readonly group: RuleGroup;
  readonly intervalMs: number;
  readonly counts: GroupCounts = { evaluations: 0, failures: 0, iterations: 0, missed: 0, samples: 0, restoreMs: 0 };
  readonly #around: GroupSurroundings;
  /** No further evaluation begins. */
  readonly #stop = new AbortController();
  /** Questions that are asked are given up. */
  readonly #cancel = new AbortController();
  #state: GroupState;
  #running: Promise<void> = Promise.resolve();
  /** When the group was last due, Unix ms. */
  #atMs = 0;
  #slowLoggedMs = -Infinity;

  /** @param state of a rule that is not restored says that alerts of a former process are to be looked for */
  constructor(group: RuleGroup, intervalMs: number, state: GroupState, around: GroupSurroundings) {
    this.group = group;
    this.intervalMs = intervalMs;
    this.#state = state;
    this.#around = around;
  }

  get state(): GroupState {
    return this.#state;
  }

  get dueAtMs(): number {
    return this.#atMs;
  }

  /** Before the start: the state of the group that it replaces. */
  resume(state: GroupState): void {
    this.#state = state;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when the evaluation that runs has ended. @param canceled it ends at once, and its rules fail */
  async stop(canceled: boolean): Promise<void> {
    this.#stop.abort();
    if (canceled) this.#cancel.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#around;
    const { intervalMs } = this;
    const offsetMs = offsetOf(this.group.file, this.group.name, intervalMs);
    this.#atMs = slotAt(clock.nowMs(), offsetMs, intervalMs) + intervalMs;
    if (!(await this.#waitUntil(this.#atMs))) return;
    await this.#evaluate(this.#atMs);
    if (this.#state.rules.some(({ restored }) => !restored)) {
      // Series that alerts depend on may have come with the first evaluation only.
      if (!(await this.#next())) return;
      const startedMs = clock.nowMs();
      this.#state = await this.#around.restore(this.group, this.#state);
      this.counts.restoreMs = clock.nowMs() - startedMs;
    }
    while (await this.#next());
  }

  /** False: it was stopped. */
  async #next(): Promise<boolean> {
    const { clock } = this.#around;
    const { intervalMs } = this;
    // Not longer than an interval, however far the clock was set back.
    if (!(await this.#waitUntil(Math.min(this.#atMs + intervalMs, clock.nowMs() + intervalMs)))) return false;
    const { atMs, missed } = nextSlot(this.#atMs, clock.nowMs(), intervalMs);
    this.counts.missed += missed;
    this.counts.iterations += missed;
    this.#atMs = atMs;
    await this.#evaluate(atMs);
    return true;
  }

  async #waitUntil(timeMs: number): Promise<boolean> {
    const { clock } = this.#around;
    await waitFor(clock, timeMs - clock.nowMs(), this.#stop.signal);
    return !this.#stop.signal.aborted;
  }

  #evaluate(atMs: number): Promise<void> {
    return this.#around.slots.run(async () => {
      if (this.#stop.signal.aborted) return;
      this.counts.iterations++;
      try {
        await this.#evaluateNow(atMs);
      } catch (error) {
        const { file, name: group } = this.group;
        this.counts.failures += this.group.rules.length;
        this.#around.log.error({ file, group, error: String(error) }, 'a group of rules could not be evaluated');
      }
    });
  }

  async #evaluateNow(atMs: number): Promise<void> {
    const { evaluate, query, write, settings, clock } = this.#around;
    const surroundings = { ...settings(), query: query(this.#cancel.signal), write, nowMs: clock.nowMs };
    const before = this.#state;
    const outcome = await evaluate(this.group, before, atMs, surroundings);
    this.#count(outcome);
    this.#state = this.#send(outcome, before, atMs);
    this.#report(outcome, before);
  }

  #count({ rules }: GroupOutcome): void {
    this.counts.samples = 0;
    for (const { samples, failed } of rules) {
      this.counts.evaluations++;
      this.counts.samples += samples;
      if (failed) this.counts.failures++;
    }
  }

  /** Alerts of rules whose expression failed are not sent: nobody knows whether they go on. */
  #send({ state, rules }: GroupOutcome, before: GroupState, atMs: number): GroupState {
    const { resendDelayMs } = this.#around.settings();
    const after = state.rules.map((rule, at) => {
      if (rules[at]?.failed === true && rule.alerts === before.rules[at]?.alerts) return rule;
      const { alerts, due } = dueAlerts(rule.alerts, { atMs, resendDelayMs, intervalMs: this.intervalMs });
      this.#around.send(this.group.rules[at]?.query ?? '', due);
      return { ...rule, alerts };
    });
    return { ...state, rules: after };
  }

  /** A failure that stays is logged once. */
  #report({ state, rules }: GroupOutcome, before: GroupState): void {
    const { log } = this.#around;
    const { file, name: group } = this.group;
    for (const [at, { failed, templateErrors }] of rules.entries()) {
      const rule = this.group.rules[at]?.name ?? '';
      const error = state.rules[at]?.lastError;
      if (failed && error !== before.rules[at]?.lastError && !this.#cancel.signal.aborted)
        log.warn({ file, group, rule, error }, 'a rule failed');
      for (const problem of templateErrors) log.warn({ file, group, rule, error: problem }, 'a template failed');
    }
    const nowMs = this.#around.clock.nowMs();
    if (state.durationMs <= this.intervalMs || nowMs - this.#slowLoggedMs < SLOW_LOG_EVERY_MS) return;
    this.#slowLoggedMs = nowMs;
    const times = state.rules.map(({ durationMs }) => durationMs);
    const slowest = times.indexOf(Math.max(...times));
    const details = {
      file,
      group,
      ms: Math.round(state.durationMs),
      interval_ms: this.intervalMs,
      slowest_rule: this.group.rules[slowest]?.name,
      its_ms: Math.round(times[slowest] ?? 0),
    };
    log.warn(details, 'the evaluation of a group of rules took longer than its interval: evaluations are left out');
  }
}
