// Groups evaluated on series in memory: what rules write, what alerts become, and what fails.
import { describe, expect, it } from 'vitest';
import { DEFAULT_ENGINE_OPTIONS } from '#query/promql/engine.ts';
import { STABLE_FEATURES } from '#query/promql/features.ts';
import { LabelSet } from '#query/promql/labels.ts';
import { engineQuery } from '#query/rules/engine-query.ts';
import { evaluateGroup } from '#query/rules/evaluate-group.ts';
import { carriedState, freshState } from '#query/rules/group-state.ts';
import type { GroupOutcome, GroupState, RuleGroup, RuleSample } from '#query/rules/model.ts';
import { parseRuleFile, problemText } from '#query/rules/parse-rule-file.ts';
import { inputSeriesOf } from '#query/rules/unit/input-series.ts';
import { SeriesMemory } from '#query/rules/unit/series-memory.ts';

const MINUTE = 60_000;

function groupOf(text: string): RuleGroup {
  const { file, problems } = parseRuleFile('f', Buffer.from(`groups:\n- ${text.trim().replaceAll('\n', '\n  ')}`), {
    features: STABLE_FEATURES,
    names: 'utf8',
    ignoreUnknownFields: false,
  });
  expect(problems.map(problemText)).toEqual([]);
  return file!.groups[0]!;
}

/** A group with its state, on series with a value each minute. */
class Trial {
  group: RuleGroup;
  state: GroupState;
  /** What the last evaluation wrote. */
  written: RuleSample[] = [];
  writeError: Error | undefined;
  pauses = 0;
  readonly #store: SeriesMemory;

  constructor(group: string, series: Readonly<Record<string, string>>) {
    this.group = groupOf(group);
    this.state = freshState(this.group, true);
    this.#store = new SeriesMemory(
      inputSeriesOf({
        name: '',
        intervalMs: MINUTE,
        startMs: 0,
        inputSeries: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        alertTests: [],
        exprTests: [],
        externalLabels: new Map(),
        externalUrl: '',
      }),
    );
  }

  async evaluate(atMs: number): Promise<GroupOutcome> {
    this.#store.advance(atMs);
    this.written = [];
    const outcome = await evaluateGroup(this.group, this.state, atMs, {
      query: engineQuery(this.#store, DEFAULT_ENGINE_OPTIONS, new AbortController().signal),
      write: async (samples) => {
        if (this.writeError !== undefined) throw this.writeError;
        this.written.push(...samples);
        this.#store.write(samples);
      },
      nowMs: () => atMs + 5,
      externalLabels: new Map([['dc', 'eu']]),
      externalUrl: 'http://winnow',
      queryOffsetMs: 0,
      pause: async () => void this.pauses++,
    });
    this.state = outcome.state;
    return outcome;
  }

  /** `{labels} value @ minute`, sorted. */
  shown(): string[] {
    return this.written
      .map(
        ({ labels, value, timeMs }) =>
          `${labels.toString()} ${typeof value === 'object' ? 'histogram' : value} @ ${timeMs / MINUTE}`,
      )
      .sort();
  }

  /** States of the alerts of the first rule, by instance. */
  alerts(): Record<string, string> {
    const alerts = [...this.state.rules[0]!.alerts.values()];
    return Object.fromEntries(alerts.map((alert) => [alert.labels.get('i'), alert.state]));
  }

  error(at = 0): string | undefined {
    return this.state.rules[at]!.lastError;
  }
}

describe('recording rules', () => {
  it('see what former rules of the group wrote, and mark as stale what vanishes', async () => {
    const trial = new Trial(
      'name: g\nrules:\n- {record: a, expr: x > 1, labels: {by: rule, i: ""}}\n- {record: b, expr: a * 2}',
      { 'x{i="1"}': '1 2 3 1 4' },
    );
    await trial.evaluate(0);
    expect(trial.shown()).toEqual([]);
    const outcome = await trial.evaluate(MINUTE);
    expect(trial.shown()).toEqual(['{__name__="a", by="rule"} 2 @ 1', '{__name__="b", by="rule"} 4 @ 1']);
    expect(outcome.rules.map(({ samples, failed }) => ({ samples, failed }))).toEqual([
      { samples: 1, failed: false },
      { samples: 1, failed: false },
    ]);
    expect(trial.state.rules[0]).toMatchObject({ health: 'ok', evaluatedAtMs: MINUTE + 5, lastError: undefined });
    await trial.evaluate(2 * MINUTE);
    await trial.evaluate(3 * MINUTE);
    expect(trial.shown()).toEqual(['{__name__="a", by="rule"} stale @ 3', '{__name__="b", by="rule"} stale @ 3']);
    await trial.evaluate(4 * MINUTE);
    expect(trial.shown()).toEqual(['{__name__="a", by="rule"} 4 @ 4', '{__name__="b", by="rule"} 8 @ 4']);
  });

  it('fail where labels make two series one, beyond the limit, and for what is no vector', async () => {
    const trial = new Trial(
      'name: g\nlimit: 1\nrules:\n- {record: a, expr: x, labels: {i: same}}\n- {record: b, expr: x}\n- {record: c, expr: "x[5m]"}\n- {record: d, expr: 5}',
      { 'x{i="1"}': '1', 'x{i="2"}': '1' },
    );
    const outcome = await trial.evaluate(0);
    expect([0, 1, 2, 3].map((at) => trial.error(at))).toEqual([
      'vector contains metrics with the same labelset after applying rule labels',
      'exceeded limit of 1 with 2 series',
      'rule result is not a vector or scalar',
      undefined,
    ]);
    expect(outcome.rules.map(({ failed }) => failed)).toEqual([true, true, true, false]);
    expect(trial.shown()).toEqual(['{__name__="d"} 5 @ 0']);
  });

  it('look back by the query offset, and write at that time', async () => {
    const trial = new Trial('name: g\nquery_offset: 1m\nrules:\n- {record: a, expr: x}', { x: '1 2 3' });
    await trial.evaluate(2 * MINUTE);
    expect(trial.shown()).toEqual(['{__name__="a"} 2 @ 1']);
  });

  it('are unhealthy where writing fails, and still know what to mark as stale', async () => {
    const trial = new Trial('name: g\nrules:\n- {record: a, expr: x > 1}', { x: '2 2 1' });
    await trial.evaluate(0);
    trial.writeError = new Error('no room');
    await trial.evaluate(MINUTE);
    expect(trial.state.rules[0]).toMatchObject({ health: 'err', lastError: 'no room' });
    trial.writeError = undefined;
    await trial.evaluate(2 * MINUTE);
    expect(trial.shown()).toEqual(['{__name__="a"} stale @ 2']);
  });
});

describe('alerting rules', () => {
  it('are pending for `for`, then fire; what vanishes while pending is forgotten', async () => {
    const trial = new Trial('name: g\nrules:\n- {alert: A, expr: x > 1, for: 2m}', {
      'x{i="a"}': '2 2 2 2',
      'x{i="b"}': '2 0 2 2',
    });
    await trial.evaluate(0);
    expect(trial.alerts()).toEqual({ a: 'pending', b: 'pending' });
    await trial.evaluate(MINUTE);
    expect(trial.alerts()).toEqual({ a: 'pending' });
    await trial.evaluate(2 * MINUTE);
    expect(trial.alerts()).toEqual({ a: 'firing', b: 'pending' });
    expect(trial.shown()).toEqual([
      '{__name__="ALERTS", alertname="A", alertstate="firing", i="a"} 1 @ 2',
      '{__name__="ALERTS", alertname="A", alertstate="pending", i="a"} stale @ 2',
      '{__name__="ALERTS", alertname="A", alertstate="pending", i="b"} 1 @ 2',
      '{__name__="ALERTS_FOR_STATE", alertname="A", i="a"} 0 @ 2',
      '{__name__="ALERTS_FOR_STATE", alertname="A", i="b"} 120 @ 2',
    ]);
    expect([...trial.state.rules[0]!.alerts.values()][0]).toMatchObject({
      activeAtMs: 0,
      firedAtMs: 2 * MINUTE,
      value: 2,
    });
  });

  it('resolve, stay for 15 minutes, and begin anew', async () => {
    const trial = new Trial('name: g\nrules:\n- {alert: A, expr: x > 1}', { 'x{i="a"}': '2 0x20' });
    await trial.evaluate(0);
    expect(trial.alerts()).toEqual({ a: 'firing' });
    await trial.evaluate(MINUTE);
    expect(trial.alerts()).toEqual({ a: 'inactive' });
    expect([...trial.state.rules[0]!.alerts.values()][0]).toMatchObject({ resolvedAtMs: MINUTE, firedAtMs: 0 });
    await trial.evaluate(16 * MINUTE);
    expect(trial.alerts()).toEqual({ a: 'inactive' });
    await trial.evaluate(17 * MINUTE);
    expect(trial.alerts()).toEqual({});
  });

  it('keep firing for `keep_firing_for`, counted from the last time that the condition held', async () => {
    const trial = new Trial('name: g\nrules:\n- {alert: A, expr: x > 1, keep_firing_for: 2m}', {
      'x{i="a"}': '2 0 2 0 0 0',
    });
    const states: string[] = [];
    for (let minute = 0; minute < 6; minute++) {
      await trial.evaluate(minute * MINUTE);
      states.push(trial.alerts()['a']!);
    }
    expect(states).toEqual(['firing', 'firing', 'firing', 'firing', 'firing', 'inactive']);
  });

  it('let other work have its turn while many are made', async () => {
    const series = Array.from({ length: 120 }, (_, at) => [`x{i="${at}"}`, '1']);
    const trial = new Trial('name: g\nrules:\n- {alert: A, expr: x}', Object.fromEntries(series));
    await trial.evaluate(0);
    expect(trial.state.rules[0]!.alerts.size).toBe(120);
    expect(trial.pauses).toBe(2);
  });

  it('write no series before their `for` state is restored', async () => {
    const trial = new Trial('name: g\nrules:\n- {alert: A, expr: x}', { x: '2' });
    trial.state = freshState(trial.group, false);
    await trial.evaluate(0);
    expect(trial.shown()).toEqual([]);
    expect(trial.state.rules[0]!.alerts.size).toBe(1);
  });

  it('expand labels and annotations, and show what is wrong with a template in its place', async () => {
    const trial = new Trial(
      'name: g\nrules:\n- {alert: A, expr: x, labels: {sev: "{{ if gt $value 1.0 }}high{{ end }}"}, annotations: {a: "{{ $labels.i }} {{ $externalLabels.dc }} {{ externalURL }}", b: "{{ $labels.i.x }}"}}',
      { 'x{i="1"}': '2', 'x{i="2"}': '0' },
    );
    const outcome = await trial.evaluate(0);
    const [first, second] = trial.state.rules[0]!.alerts.values();
    expect(first!.labels.toString()).toBe('{alertname="A", i="1", sev="high"}');
    expect(second!.labels.toString()).toBe('{alertname="A", i="2"}');
    expect(first!.annotations.get('a')).toBe('1 eu http://winnow');
    const failure = `error executing template __alert_A: template: __alert_A:1:123: executing "__alert_A" at <.x>: can't evaluate field x in type string`;
    expect(first!.annotations.get('b')).toMatch(
      /^<error expanding template: error executing template __alert_A: .*can't evaluate field x in type string>$/,
    );
    expect(outcome.rules[0]!.templateErrors).toHaveLength(2);
    expect(outcome.rules[0]!.templateErrors[0]!.endsWith(failure.slice(failure.indexOf("can't")))).toBe(true);
  });

  it('fail where labels make two alerts one, and forget their alerts beyond the limit', async () => {
    const same = new Trial('name: g\nrules:\n- {alert: A, expr: x, labels: {i: same}}', {
      'x{i="1"}': '1',
      'x{i="2"}': '1',
    });
    await same.evaluate(0);
    expect(same.error()).toBe('vector contains metrics with the same labelset after applying alert labels');
    const many = new Trial('name: g\nlimit: 1\nrules:\n- {alert: A, expr: x}', {
      'x{i="1"}': '1 1',
      'x{i="2"}': '_ 1',
    });
    await many.evaluate(0);
    expect(many.alerts()).toEqual({ 1: 'firing' });
    await many.evaluate(MINUTE);
    expect(many.error()).toBe('exceeded limit of 1 with 2 alerts');
    expect(many.alerts()).toEqual({});
  });
});

describe('a group that is read again', () => {
  it('goes on with the alerts of its rules, and marks series of rules that are gone', async () => {
    const trial = new Trial('name: g\nrules:\n- {alert: A, expr: x}\n- {record: r, expr: x}', { 'x{i="1"}': '1x5' });
    await trial.evaluate(0);
    const former = trial.group;
    trial.group = groupOf('name: g\nrules:\n- {record: s, expr: x}\n- {alert: A, expr: x, for: 5m}');
    trial.state = carriedState(trial.group, former, trial.state);
    expect(trial.state.rules.map(({ alerts }) => alerts.size)).toEqual([0, 1]);
    await trial.evaluate(MINUTE);
    expect(trial.shown()).toContain('{__name__="r", i="1"} stale @ 1');
    expect(trial.shown()).toContain('{__name__="s", i="1"} 1 @ 1');
    // `for` became longer than the alert is active: it is pending again.
    expect([...trial.state.rules[1]!.alerts.values()][0]).toMatchObject({
      state: 'pending',
      activeAtMs: 0,
      firedAtMs: undefined,
    });
    await trial.evaluate(2 * MINUTE);
    expect(trial.shown().filter((line) => line.includes('__name__="r"'))).toEqual([]);
  });

  it('knows twins by their order', () => {
    const group = groupOf('name: g\nrules:\n- {record: r, expr: x}\n- {record: r, expr: y}');
    const one = LabelSet.from([['__name__', 'r']]);
    const state = freshState(group, true);
    const former: GroupState = {
      ...state,
      rules: state.rules.map((rule, at) => ({ ...rule, series: at === 1 ? new Map([[one.key, one]]) : new Map() })),
    };
    expect(carriedState(group, group, former).rules.map(({ series }) => series.size)).toEqual([0, 1]);
  });
});
