// What a real Prometheus answered about its rules, alerts and Alertmanagers, with every filter and page, against the API over rules in the same state.
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { registerPrometheusApi } from '#query/api/prometheus/register.ts';
import type { RulesStatus, RunningGroup } from '#query/api/prometheus/rules-status.ts';
import { LabelSet } from '#query/promql/labels.ts';
import { parse } from '#query/promql/parse.ts';
import type { ActiveAlert, Rule, RuleState } from '#query/rules/model.ts';
import { MemoryStore } from '#tests/support/memory-series-store.ts';
import { readLines } from '#tests/support/promql-oracle.ts';
import { describeWithData } from '#tests/support/shared-data.ts';

interface RecordedAlert {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly state: ActiveAlert['state'];
  readonly activeAt: string;
  readonly value: string;
}
interface RecordedRule {
  readonly type: 'alerting' | 'recording';
  readonly name: string;
  readonly query: string;
  readonly labels: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly duration?: number;
  readonly keepFiringFor?: number;
  readonly health: RuleState['health'];
  readonly lastError?: string;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
  readonly alerts?: readonly RecordedAlert[];
}
interface RecordedGroup {
  readonly name: string;
  readonly file: string;
  readonly interval: number;
  readonly limit: number;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
  readonly rules: readonly RecordedRule[];
}
interface Recorded {
  readonly id: string;
  readonly server: string;
  readonly path: string;
  readonly query?: string;
  readonly status: number;
  readonly response: { readonly data: { readonly groups: readonly RecordedGroup[] } };
}

const PATHS = ['/api/v1/rules', '/api/v1/alerts', '/api/v1/alertmanagers'];

function alertOf({ labels, annotations, state, activeAt, value }: RecordedAlert): ActiveAlert {
  return {
    labels: LabelSet.from(Object.entries(labels)),
    annotations: new Map(Object.entries(annotations)),
    state,
    value: Number(value),
    activeAtMs: Date.parse(activeAt),
    firedAtMs: undefined,
    resolvedAtMs: undefined,
    keepFiringSinceMs: undefined,
    lastSentAtMs: undefined,
    validUntilMs: undefined,
  };
}

function ruleOf(one: RecordedRule): Rule {
  const common = {
    name: one.name,
    expr: parse(one.query),
    query: one.query,
    labels: new Map(Object.entries(one.labels)),
  };
  if (one.type === 'recording') return { kind: 'recording', ...common };
  return {
    kind: 'alerting',
    ...common,
    forMs: 1000 * (one.duration ?? 0),
    keepFiringForMs: 1000 * (one.keepFiringFor ?? 0),
    annotations: new Map(Object.entries(one.annotations ?? {})),
  };
}

function stateOf(one: RecordedRule): RuleState {
  return {
    health: one.health,
    lastError: one.lastError,
    evaluatedAtMs: Date.parse(one.lastEvaluation),
    durationMs: 1000 * one.evaluationTime,
    alerts: new Map((one.alerts ?? []).map((alert, at) => [String(at), alertOf(alert)])),
    series: new Map(),
    restored: true,
  };
}

function groupOf(one: RecordedGroup): RunningGroup {
  return {
    group: { ...one, intervalMs: undefined, queryOffsetMs: undefined, rules: one.rules.map(ruleOf) },
    intervalMs: 1000 * one.interval,
    state: {
      rules: one.rules.map(stateOf),
      staleSeries: [],
      evaluatedAtMs: Date.parse(one.lastEvaluation),
      durationMs: 1000 * one.evaluationTime,
    },
  };
}

/** Times in ms, as we have them, and what is random: how long evaluations took and the order of a rule's alerts. */
function comparable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => {
      if (key === 'evaluationTime' || key === 'lastEvaluation') return typeof inner;
      if (key === 'activeAt') return Date.parse(String(inner));
      if (key === 'alerts' && Array.isArray(inner))
        return inner.map((one) => JSON.stringify(comparable(one), keysOf(one))).sort();
      return inner;
    }),
  );
}

function keysOf(value: unknown): string[] {
  const keys = new Set<string>();
  JSON.stringify(value, (key, inner: unknown) => {
    keys.add(key);
    return inner;
  });
  return [...keys].sort();
}

describeWithData('recorded answers about rules', () => {
  it('are ours, with all filters, pages and mistakes', async () => {
    const all = (readLines('expected/promql/api.jsonl.gz') as Recorded[]).filter(
      ({ server, path }) => server === 'scrape' && PATHS.includes(path),
    );
    const whole = all.find(({ path, query }) => path === '/api/v1/rules' && query === undefined);
    const rules: RulesStatus = {
      groups: whole!.response.data.groups.map(groupOf),
      alertmanagerUrls: ['http://127.0.0.1:29197/api/v2/alerts'],
      yaml: '',
      flags: {},
      reload: { problems: [], appliedMs: 0 },
    };
    const app = fastify();
    const isReady = (): Promise<boolean> => Promise.resolve(true);
    registerPrometheusApi(app, new MemoryStore(), { now: () => 0, version: '9.9.9', isReady, rules });
    for (const { id, path, query, status, response } of all) {
      const answer = await app.inject({ method: 'GET', url: query === undefined ? path : `${path}?${query}` });
      expect([id, answer.statusCode, comparable(answer.json())]).toEqual([id, status, comparable(response)]);
    }
    expect(all.length).toBeGreaterThan(10);
    // A page and the next one, and a token of no group.
    const first = await app.inject('/api/v1/rules?group_limit=1');
    const { groupNextToken } = first.json<{ data: { groupNextToken: string } }>().data;
    const second = await app.inject(`/api/v1/rules?group_limit=1&group_next_token=${groupNextToken}`);
    const { data } = second.json<{ data: { groups: { name: string }[]; groupNextToken?: string } }>();
    expect([data.groups.map(({ name }) => name), data.groupNextToken]).toEqual([['recording'], undefined]);
    const unknown = await app.inject('/api/v1/rules?group_limit=1&group_next_token=abc');
    expect([unknown.statusCode, unknown.json<{ error: string }>().error]).toEqual([
      400,
      `invalid parameter "group_next_token": invalid group_next_token 'abc'. were rule groups changed?`,
    ]);
    const without = await app.inject('/api/v1/rules?exclude_alerts=TRUE&type=alert');
    const { groups } = without.json<{ data: { groups: { rules: { alerts: unknown }[] }[] } }>().data;
    expect(groups[0]?.rules.map(({ alerts }) => alerts)).toEqual([null, null, null, null]);
    await app.close();
  });
});
