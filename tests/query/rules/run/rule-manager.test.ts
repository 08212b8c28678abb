// Groups that run: never twice at a time, whatever is slow; reloads keep what is as before; an end ends everything.
import { beforeEach, expect, test } from 'vitest';
import { LabelSet } from '#query/promql/labels.ts';
import { parse } from '#query/promql/parse.ts';
import { freshState } from '#query/rules/group-state.ts';
import type { EvaluateGroup, RuleGroup, RuleSample } from '#query/rules/model.ts';
import { waitFor } from '#query/rules/run/clock.ts';
import { GroupRunner, type GroupSurroundings } from '#query/rules/run/group-runner.ts';
import { RuleManager } from '#query/rules/run/rule-manager.ts';
import { Slots } from '#query/rules/run/slots.ts';
import { keptLog } from '#tests/support/kept-log.ts';
import { turns, VirtualClock } from '#tests/support/virtual-clock.ts';

const SECOND = 1000;
const NEVER = new AbortController().signal;
let clock: VirtualClock;
let lines: readonly string[];
let written: RuleSample[];
let evaluated: { name: string; atMs: number; atOnce: number }[];
let takesMs: number;
let running: number;
let around: GroupSurroundings;

function group(name: string, record = 'r'): RuleGroup {
  const rule = { kind: 'recording', name: record, query: 'up', expr: parse('up'), labels: new Map() } as const;
  return { file: 'f', name, intervalMs: SECOND, limit: 0, queryOffsetMs: undefined, rules: [rule] };
}

/** Takes its time, and says that it wrote one series. */
const evaluate: EvaluateGroup = async ({ name, rules }, state, atMs, { nowMs }) => {
  running++;
  evaluated.push({ name, atMs, atOnce: running });
  const startedMs = nowMs();
  await waitFor(clock, takesMs, NEVER);
  running--;
  const labels = LabelSet.from([['__name__', rules[0]?.name ?? '']]);
  const after = { health: 'ok', lastError: undefined, evaluatedAtMs: startedMs, series: new Map([[labels.key, labels]]) } as const; // prettier-ignore
  return {
    state: {
      ...state,
      rules: state.rules.map((rule) => ({ ...rule, ...after, durationMs: takesMs })),
      durationMs: takesMs,
    },
    rules: rules.map(() => ({ samples: 1, failed: false, templateErrors: [] })),
  };
};

beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const kept = keptLog();
  lines = kept.lines;
  written = [];
  evaluated = [];
  takesMs = 10;
  running = 0;
  around = {
    evaluate,
    query: () => () => Promise.resolve([]),
    write: (samples) => Promise.resolve(void written.push(...samples)),
    send: () => undefined,
    restore: (_group, state) =>
      Promise.resolve({ ...state, rules: state.rules.map((rule) => ({ ...rule, restored: true })) }),
    settings: () => ({ externalLabels: new Map(), externalUrl: '', queryOffsetMs: 0, resendDelayMs: SECOND }),
    slots: new Slots(2),
    clock,
    log: kept.log,
  };
});

test('a group that is slower than its interval leaves instants out, and says so', async () => {
  takesMs = 2500;
  const one = group('slow');
  const runner = new GroupRunner(one, SECOND, freshState(one, true), around);
  runner.start();
  await clock.advance(20 * SECOND);
  const times = evaluated.map(({ atMs }) => atMs);
  expect(times.length).toBeGreaterThan(5);
  expect(evaluated.every(({ atOnce }) => atOnce === 1)).toBe(true);
  expect(new Set(times.map((time) => time % SECOND)).size).toBe(1);
  const last = times.at(-1)!;
  expect(runner.counts.iterations).toBe((last - times[0]!) / SECOND + 1);
  expect(runner.counts.missed).toBe(runner.counts.iterations - times.length);
  expect(runner.counts.missed).toBeGreaterThan(8);
  expect(lines[0]).toContain('took longer than its interval');
  expect(lines[0]).toContain('ms=2500, interval_ms=1000, slowest_rule=r, its_ms=2500');
  const stopped = runner.stop(false);
  await clock.advance(3 * SECOND);
  await stopped;
  expect(evaluated).toHaveLength(times.length);
});

test('after the machine has slept, and after the clock was set back, a group goes on at its instants', async () => {
  const one = group('g');
  const runner = new GroupRunner(one, SECOND, freshState(one, true), around);
  runner.start();
  await clock.advance(3 * SECOND);
  clock.jump(60 * SECOND);
  await clock.advance(2 * SECOND);
  expect(runner.counts.missed).toBe(60);
  const before = evaluated.length;
  clock.jump(-3600 * SECOND);
  await clock.advance(5 * SECOND);
  const after = evaluated.slice(before).map(({ atMs }) => atMs);
  expect(after.length).toBeGreaterThanOrEqual(3);
  expect(after.every((time) => time <= clock.nowMs())).toBe(true);
  expect(new Set(evaluated.map(({ atMs }) => atMs % SECOND)).size).toBe(1);
  await runner.stop(true);
});

test('only so many groups are evaluated at a time, and none starves', async () => {
  takesMs = 400;
  const manager = new RuleManager(around);
  manager.configure(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => group(name, name)),
    SECOND,
  );
  await clock.advance(30 * SECOND);
  expect(Math.max(...evaluated.map(({ atOnce }) => atOnce))).toBe(2);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
    expect(evaluated.filter((one) => one.name === name).length).toBeGreaterThan(15);
  const stopped = manager.stop();
  await clock.advance(SECOND);
  await stopped;
});

test('a reload lets a group that is as before go on, and a changed one begin when the former has ended', async () => {
  const manager = new RuleManager(around);
  manager.configure([group('same', 's'), group('changed', 'old')], SECOND);
  await clock.advance(5 * SECOND);
  const [, same] = manager.groups;
  takesMs = 700;
  await clock.advance(SECOND);
  manager.configure([group('same', 's'), group('changed', 'new'), group('added', 'x')], SECOND);
  await clock.advance(5 * SECOND);
  expect(manager.groups.map((runner) => runner.group.name)).toEqual(['added', 'changed', 'same']);
  expect(manager.groups[2]).toBe(same);
  expect(manager.groups[1]?.state.staleSeries.map(String)).toEqual(['{__name__="old"}']);
  const changed = evaluated.filter(({ name }) => name === 'changed').map(({ atMs }) => atMs);
  expect(changed.every((time, at) => at === 0 || time > changed[at - 1]!)).toBe(true);
  const stopped = manager.stop();
  await clock.advance(SECOND);
  await stopped;
});

test('series of a group that is gone become stale after two intervals, but for those that another group has by then', async () => {
  const manager = new RuleManager(around);
  manager.configure([group('a', 'moved'), group('b', 'gone'), group('c', 'moved'), group('d', 'left')], SECOND);
  await clock.advance(3 * SECOND);
  manager.configure([group('c', 'moved')], SECOND);
  const goneMs = clock.nowMs();
  await clock.advance(1900);
  expect(written).toEqual([]);
  await clock.advance(SECOND);
  expect(
    written
      .map(({ labels, value }) => `${labels.get('__name__')} ${typeof value === 'object' ? 'histogram' : value}`)
      .sort(),
  ).toEqual(['gone stale', 'left stale']);
  expect(written.every(({ timeMs }) => timeMs >= goneMs && timeMs < goneMs + SECOND)).toBe(true);

  // The end of the process marks nothing.
  manager.configure([], SECOND);
  const stopped = manager.stop();
  await clock.advance(10 * SECOND);
  await stopped;
  expect(written).toHaveLength(2);
  manager.configure([group('e')], SECOND);
  await turns();
  expect(manager.groups).toEqual([]);
});

test('a group whose evaluation breaks is evaluated again the next time', async () => {
  let broken = true;
  const one = group('g');
  const runner = new GroupRunner(one, SECOND, freshState(one, true), {
    ...around,
    evaluate: (...args) => (broken ? Promise.reject(new Error('out of memory')) : evaluate(...args)),
  });
  runner.start();
  await clock.advance(2 * SECOND);
  expect(runner.counts.failures).toBe(2);
  expect(lines.at(-1)).toContain('out of memory');
  broken = false;
  await clock.advance(2 * SECOND);
  expect(runner.counts).toMatchObject({ failures: 2, evaluations: 2 });
  await runner.stop(true);
});
