// All groups that run. A new set of groups replaces the old one: groups that are as before go on, changed ones keep what their rules have in
// common, and the series of groups that are gone become stale.
import { carriedState, freshState } from '#query/rules/group-state.ts';
import type { RuleGroup, RuleSample } from '#query/rules/model.ts';
import { waitFor } from './clock.ts';
import { GroupRunner, type GroupSurroundings } from './group-runner.ts';
import { groupText, seriesOfState } from './same-group.ts';

/** A rule that has moved to another group has been evaluated there by then, and its series are not stale. */
const STALE_AFTER_INTERVALS = 2;

interface Entry {
  readonly text: string;
  readonly runner: GroupRunner;
  /** Resolves when it runs: one that replaces another waits until that has ended. */
  readonly started: Promise<void>;
}

export class RuleManager {
  readonly #around: GroupSurroundings;
  readonly #stop = new AbortController();
  #entries: ReadonlyMap<string, Entry> = new Map();
  #isFirst = true;

  constructor(around: GroupSurroundings) {
    this.#around = around;
  }

  /** By file and name. */
  get groups(): readonly GroupRunner[] {
    return [...this.#entries.values()].map(({ runner }) => runner);
  }

  /** @param groups of all files @param intervalMs of groups that name none */
  configure(groups: readonly RuleGroup[], intervalMs: number): void {
    if (this.#stop.signal.aborted) return;
    const before = new Map(this.#entries);
    const entries = new Map<string, Entry>();
    // Only what ran when the process ended has a state to be restored.
    const restored = !this.#isFirst;
    this.#isFirst = false;
    for (const group of groups.toSorted(byFileAndName)) {
      const key = JSON.stringify([group.file, group.name]);
      // Whole, as Prometheus has them.
      const interval = Math.max(1, Math.round(group.intervalMs ?? intervalMs));
      const text = groupText(group, interval);
      const former = before.get(key);
      before.delete(key);
      entries.set(key, former?.text === text ? former : this.#begin(group, interval, { text, former, restored }));
    }
    this.#entries = entries;
    for (const { runner, started } of before.values()) void this.#end(runner, started);
  }

  /** Ends all evaluations. No series becomes stale: the next process goes on with them. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.groups.map((runner) => runner.stop(true)));
  }

  #begin(
    group: RuleGroup,
    intervalMs: number,
    { text, former, restored }: { text: string; former: Entry | undefined; restored: boolean },
  ): Entry {
    const state =
      former === undefined
        ? freshState(group, restored)
        : carriedState(group, former.runner.group, former.runner.state);
    const runner = new GroupRunner(group, intervalMs, state, this.#around);
    const start = async (): Promise<void> => {
      if (former !== undefined) {
        await former.started;
        await former.runner.stop(false);
        runner.resume(carriedState(group, former.runner.group, former.runner.state));
      }
      if (!this.#stop.signal.aborted) runner.start();
    };
    return { text, runner, started: start() };
  }

  async #end(runner: GroupRunner, started: Promise<void>): Promise<void> {
    const { clock, write, settings, log } = this.#around;
    await started;
    await runner.stop(false);
    const stoppedMs = clock.nowMs();
    await waitFor(clock, STALE_AFTER_INTERVALS * runner.intervalMs, this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    const inUse = new Set(this.groups.flatMap(({ state }) => seriesOfState(state).map(({ key }) => key)));
    const timeMs = stoppedMs - (runner.group.queryOffsetMs ?? settings().queryOffsetMs);
    const stale = seriesOfState(runner.state)
      .filter(({ key }) => !inUse.has(key))
      .map((labels): RuleSample => ({ labels, timeMs, value: 'stale' }));
    await write(stale).catch((error: unknown) =>
      log.warn({ file: runner.group.file, group: runner.group.name, error: String(error) }, 'series stay as they are'),
    );
  }
}

function byFileAndName(a: RuleGroup, b: RuleGroup): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
