// Rules and alerts in the running product: recorded series, an Alertmanager, rule files that change, and a crash in the middle of an alert's waiting.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeAlertmanager } from '#tests/support/fake-alertmanager.ts';
import { childOf } from '#tests/support/processes.ts';
import { remoteWrite } from '#tests/support/remote-write.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';

interface ShownAlert {
  readonly labels: Record<string, string>;
  readonly state: string;
  readonly activeAt: string;
}

let winnow: RunningWinnow;
let fake: FakeAlertmanager;
let writing: NodeJS.Timeout | undefined;
let load = 10;

const rulesFile = (): string => path.join(winnow.dir, 'rules.yaml');
const RECORDING = `groups:
  - name: recorded
    interval: 1s
    rules:
      - { record: 'load:sum', expr: 'sum(load)' }
      - { record: 'load:twice', expr: 'load:sum * 2', labels: { by: rules } }
      - { record: 'load:back', expr: 'load:twice / 2 - ignoring(by) load:sum' }
`;
const ALERTING = `  - name: alerts
    interval: 1s
    rules:
      - { alert: High, expr: 'load > 5', annotations: { summary: '{{ $labels.host }}: {{ $value }}' } }
      - { alert: Waiting, expr: 'load > 5', for: 1h }
      - { alert: Soon, expr: 'load > 5', for: 12s, labels: { severity: page } }
`;

beforeAll(async () => {
  fake = await FakeAlertmanager.start();
  winnow = await RunningWinnow.start(`
rules:
  external_labels: { cluster: test }
  alert: { resend_delay: 3s, for_grace_period: 2s }
alertmanagers: [{ url: "${fake.url}" }]
`);
  const write = (): void => {
    const sample = [[Date.now(), String(load)]] as const;
    const labels = { __name__: 'load', host: 'a' };
    void remoteWrite(winnow.addresses['otlp_http']!, 2, [{ labels, samples: sample }]).catch(() => undefined);
  };
  write();
  writing = setInterval(write, 500);
}, 90_000);
afterAll(async () => {
  clearInterval(writing);
  await winnow.stop();
  await fake.stop();
});

const configure = (): void =>
  writeFileSync(
    path.join(winnow.dir, 'winnow.yaml'),
    `
rules:
  files: [${rulesFile()}]
  external_labels: { cluster: test }
  alert: { resend_delay: 3s, for_grace_period: 2s }
alertmanagers: [{ url: "${fake.url}" }]
`,
  );
const alerts = async (): Promise<ShownAlert[]> =>
  (await winnow.api<{ data: { alerts: ShownAlert[] } }>('/api/v1/alerts')).data.alerts;
const alertNamed = async (name: string): Promise<ShownAlert | undefined> =>
  (await alerts()).find(({ labels }) => labels['alertname'] === name);
const degraded = async (): Promise<string[]> => (await winnow.api<{ degraded: string[] }>('/api/health')).degraded;

it('records series by rules that were added to the configuration while it runs, each rule after the other', async () => {
  writeFileSync(rulesFile(), RECORDING + ALERTING);
  configure();
  await winnow.until(async () => {
    const [found] = await winnow.promql('count_over_time(load:back[1m])');
    return Number(found?.value[1] ?? 0) >= 5 ? true : undefined;
  });
  const [twice] = await winnow.promql('load:twice');
  expect([twice?.metric, twice?.value[1]]).toEqual([{ __name__: 'load:twice', by: 'rules' }, '20']);
  const [back] = await winnow.promql('max_over_time(load:back[1m])');
  expect(back?.value[1]).toBe('0');
  const { data } = await winnow.api<{
    data: { groups: { name: string; rules: { health: string; type: string }[] }[] };
  }>('/api/v1/rules');
  expect(data.groups.map(({ name, rules }) => [name, rules.map(({ health }) => health)])).toEqual([
    ['alerts', ['ok', 'ok', 'ok']],
    ['recorded', ['ok', 'ok', 'ok']],
  ]);
  const metrics = await (await fetch(`http://${winnow.addresses['http']}/prometheus/metrics`)).text();
  expect(metrics).toContain('winnow_rules_last_reload_successful 1\n');
  expect(metrics).toMatch(/winnow_rule_samples_dropped_total\{reason="refused"\} 0\n/);
});

it('sends what fires to Alertmanager, again after a while, and its end', async () => {
  await winnow.until(async () => Promise.resolve(fake.alerts.length >= 2 ? true : undefined));
  expect(fake.alerts[0]).toMatchObject({
    labels: { alertname: 'High', host: 'a', cluster: 'test' },
    annotations: { summary: 'a: 10' },
    generatorURL: `http://${winnow.addresses['http']}/metrics?q=load+%3E+5`,
  });
  const [first, second] = fake.alerts.filter(({ labels }) => labels['alertname'] === 'High');
  expect(second?.startsAt).toBe(first?.startsAt);
  const apartMs = Date.parse(second?.endsAt ?? '') - Date.parse(first?.endsAt ?? '');
  expect(apartMs).toBeGreaterThan(3000);
  expect(apartMs % 1000).toBe(0);
  expect((await alertNamed('Waiting'))?.state).toBe('pending');
  const { data } = await winnow.api<{ data: unknown }>('/api/v1/alertmanagers');
  expect(data).toEqual({ activeAlertmanagers: [{ url: `${fake.url}/api/v2/alerts` }], droppedAlertmanagers: [] });
  expect(fake.refused).toEqual([]);
});

it('loses no sample of an evaluation while the collector is away', async () => {
  process.kill(childOf(winnow.pid, 'collector/main.ts'), 'SIGKILL');
  await winnow.until(() => Promise.resolve(winnow.log.includes('collector is back') ? true : undefined));
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`http://${winnow.addresses['http']}/prometheus/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(name));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  };
  await winnow.until(async () => ((await metric('winnow_rule_samples_waiting')) < 10 ? true : undefined));
  const backMs = Date.now();
  const times = await winnow.until(async () => {
    const answer = await winnow.api<{ data: { result: { values: [number, string][] }[] } }>(
      `/api/v1/query?query=${encodeURIComponent('load:sum[10m]')}`,
    );
    const found = answer.data.result[0]?.values.map(([seconds]) => Math.round(seconds * 1000)) ?? [];
    return (found.at(-1) ?? 0) > backMs + 2000 ? found : undefined;
  });
  const due = (times.at(-1)! - times[0]!) / 1000 + 1;
  const missed = await metric('winnow_rule_group_iterations_missed_total');
  expect(times.length).toBeLessThanOrEqual(due);
  expect(times.length).toBeGreaterThanOrEqual(due - missed);
  expect(await metric('winnow_rule_samples_dropped_total')).toBe(0);
  expect(await metric('winnow_rule_evaluation_failures_total')).toBe(0);
});

it('goes on with the waiting of an alert after a crash, less the time when nobody looked', async () => {
  const before = await winnow.until(() => alertNamed('Waiting'));
  // What says so is in the store.
  await winnow.until(async () => {
    const [row] = await winnow.promql('count_over_time(ALERTS_FOR_STATE{alertname="Waiting"}[1m])');
    return Number(row?.value[1] ?? 0) >= 5 ? true : undefined;
  });
  const killedMs = Date.now();
  for (const role of ['query/main.ts', 'collector/main.ts']) process.kill(childOf(winnow.pid, role), 'SIGKILL');
  // An alert without `for` says when the new process saw it first.
  const [waiting, high] = await winnow.until(async () => {
    const found = await alerts().catch(() => []);
    const named = (name: string) => found.find(({ labels }) => labels['alertname'] === name);
    const [one, other] = [named('Waiting'), named('High')];
    if (one === undefined || other === undefined || Date.parse(other.activeAt) < killedMs) return undefined;
    return Date.parse(one.activeAt) < Date.parse(other.activeAt) ? [one, other] : undefined;
  });
  expect(waiting.state).toBe('pending');
  // It is later than before by the time for which nobody looked: from the last sample of the former process until the new one read it. Series have whole seconds.
  const [last] = await winnow.promql(`timestamp(ALERTS_FOR_STATE{alertname="Waiting"} @ ${killedMs / 1000})`);
  const downMs = 1000 * Number(last?.value[1]);
  const shiftMs = Date.parse(waiting.activeAt) - Date.parse(before.activeAt);
  expect(downMs).toBeLessThanOrEqual(killedMs);
  expect(shiftMs).toBeGreaterThanOrEqual(killedMs - downMs - 1000);
  expect(shiftMs).toBeLessThanOrEqual(Date.now() - downMs + 1000);
  const soon = await winnow.until(async () => {
    const found = await alertNamed('Soon');
    return found?.state === 'firing' ? found : undefined;
  });
  expect(Date.parse(soon.activeAt)).toBeLessThan(Date.parse(high.activeAt));
});

it('keeps the rules that run when a file is wrong, and says where', async () => {
  writeFileSync(rulesFile(), RECORDING.replace('load:sum * 2', 'load:sum *') + ALERTING);
  const problems = await winnow.until(async () => {
    const found = await degraded();
    return found.some((problem) => problem.includes('rules were refused')) ? found : undefined;
  });
  expect(problems.join('\n')).toMatch(/rules\.yaml: 6:\d+: group "recorded", rule 2, "load:twice"/);
  expect(winnow.log).toContain('rules were refused, those in force stay');
  const runtime = await winnow.api<{ data: { reloadConfigSuccess: boolean } }>('/api/v1/status/runtimeinfo');
  expect(runtime.data.reloadConfigSuccess).toBe(false);
  expect((await alertNamed('High'))?.state).toBe('firing');

  // Without the recording rules: the alerts go on as they are, the series end.
  const active = (await alertNamed('High'))?.activeAt;
  writeFileSync(rulesFile(), `groups:\n${ALERTING}`);
  await winnow.until(async () => ((await degraded()).length === 0 ? true : undefined));
  await winnow.until(async () => ((await winnow.promql('load:twice')).length === 0 ? true : undefined));
  expect((await alertNamed('High'))?.activeAt).toBe(active);
  load = 1;
  await winnow.until(async () => ((await alertNamed('High')) === undefined ? true : undefined));
  await winnow.until(async () => {
    const last = fake.alerts.findLast(({ labels }) => labels['alertname'] === 'High');
    return Promise.resolve(Date.parse(last?.endsAt ?? '') <= Date.now() ? true : undefined);
  });
  await winnow.until(async () => ((await winnow.promql('ALERTS')).length === 0 ? true : undefined));
});

it('reads rules again at SIGHUP and at a request, and writes what rules gave before the collector ends', async () => {
  const times = (): number => winnow.log.split('rules are in force').length - 1;
  const before = times();
  process.kill(winnow.pid, 'SIGHUP');
  await winnow.until(() => Promise.resolve(times() > before ? true : undefined));
  await fetch(`http://${winnow.addresses['admin']}/reload`, { method: 'POST' });
  await winnow.until(() => Promise.resolve(times() > before + 1 ? true : undefined));
  await winnow.stop();
  expect(winnow.log).not.toContain('were not written before the end');
  expect(winnow.log).not.toContain('did not drain');
});
