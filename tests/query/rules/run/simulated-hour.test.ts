// An hour of rules and alerts on a virtual clock, with a real Alertmanager's interface at the end: what it sees is what Prometheus would have sent.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeAlertmanager } from '#tests/support/fake-alertmanager.ts';
import { RulesRig } from '#tests/support/rules-rig.ts';
import { VirtualClock } from '#tests/support/virtual-clock.ts';

const MINUTE = 60_000;
const START_MS = Date.UTC(2026, 0, 1, 12);
let fake: FakeAlertmanager;
let clock: VirtualClock;

beforeEach(async () => {
  fake = await FakeAlertmanager.start();
  clock = new VirtualClock(START_MS);
});
afterEach(() => fake.stop());

/** A series with a point every 15 s that has one value between two minutes and another before and after. */
function between(fromMinute: number, toMinute: number, inside: number, outside: number): [number, number][] {
  return Array.from({ length: 4 * 80 + 1 }, (_, at): [number, number] => {
    const minute = at / 4;
    return [START_MS + at * 15_000, minute >= fromMinute && minute < toMinute ? inside : outside];
  });
}

test('an alert that waits, fires, is sent again, ends, and is sent as resolved for fifteen minutes', async () => {
  const rig = new RulesRig({
    clock,
    alertmanagers: fake.url,
    rules: { external_labels: { cluster: 'a' }, external_url: 'https://winnow.example' },
  });
  rig.add({ __name__: 'load', job: 'shop' }, between(10, 40, 7.5, 1));
  rig.add({ __name__: 'load', job: 'short' }, between(20, 22, 9, 1)); // never long enough
  rig.load(`groups:
  - name: g
    interval: 1m
    rules:
      - alert: High
        expr: load > 5
        for: 5m
        labels: { severity: page }
        annotations: { summary: '{{ $labels.job }} has {{ $value | humanize }} in {{ $externalLabels.cluster }}' }
`);
  await rig.advance(80 * MINUTE);
  expect(fake.refused).toEqual([]);

  const [{ dueAtMs } = { dueAtMs: 0 }] = rig.runtime.groups;
  const offsetMs = (dueAtMs - START_MS) % MINUTE;
  expect(offsetMs).toBeGreaterThan(0);
  const slot = (minute: number): number => START_MS + minute * MINUTE + offsetMs;
  const text = (timeMs: number): string => new Date(timeMs).toISOString();
  // Seen first at the tenth minute, firing five minutes later. A resend is due when more than a minute has passed: at every second evaluation.
  const firing = [15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35, 37, 39];
  const resolved = [40, 42, 44, 46, 48, 50, 52, 54];
  expect(fake.requests.map(({ path, alerts }) => [path, alerts.length])).toEqual(
    [...firing, ...resolved].map(() => ['/api/v2/alerts', 1]),
  );
  expect(fake.alerts).toEqual(
    [...firing, ...resolved].map((minute) => ({
      labels: { alertname: 'High', cluster: 'a', job: 'shop', severity: 'page' },
      annotations: { summary: 'shop has 7.5 in a' },
      startsAt: text(slot(15)),
      endsAt: text(minute < 40 ? slot(minute + 4) : slot(40)),
      generatorURL: 'https://winnow.example/metrics?q=load+%3E+5',
    })),
  );
  // A state that ends leaves a staleness marker.
  const states = rig.written.filter(
    ({ labels }) => labels.get('__name__') === 'ALERTS' && labels.get('job') === 'shop',
  );
  const of = (state: string) =>
    states.filter(({ labels }) => labels.get('alertstate') === state).map(({ timeMs, value }) => [timeMs, value]);
  expect(of('pending')).toEqual([...[10, 11, 12, 13, 14].map((minute) => [slot(minute), 1]), [slot(15), 'stale']]);
  expect(of('firing')).toEqual([...Array.from({ length: 25 }, (_, at) => [slot(15 + at), 1]), [slot(40), 'stale']]);
  const [counts] = rig.runtime.groups.map((group) => group.counts);
  expect(counts).toMatchObject({ iterations: 80, evaluations: 80, failures: 0, missed: 0 });
});

test('a chain of rules sees at each evaluation what the rule before it gave, although the store shows it later', async () => {
  const rig = new RulesRig({ clock });
  rig.add(
    { __name__: 'requests_total' },
    Array.from({ length: 1300 }, (_, at): [number, number] => [START_MS + at * 1000, at * at]),
  );
  const yaml = (last: string): string => `groups:
  - name: chain
    interval: 1s
    rules:
      - { record: 'a', expr: 'sum(requests_total)' }
      - { record: 'b', expr: 'a * 2' }
      - { record: 'c', expr: 'b - a + count({__name__=~"a|b"})' }
      - { record: 'seen', expr: 'count_over_time(a[10s])' }
      - { record: '${last}', expr: 'c > 0' }
  - name: other
    interval: 1s
    rules:
      - { record: 'of_other_group', expr: 'timestamp(c)' }
`;
  rig.load(yaml('d'));
  await rig.advance(20 * 60_000);
  const values = (name: string) => new Map(rig.pointsOf(name));
  const [a, b, c] = [values('a'), values('b'), values('c')];
  expect(a.size).toBe(1200);
  for (const [timeMs, value] of a) {
    expect(value).toBe(Math.floor((timeMs - START_MS) / 1000) ** 2);
    expect(b.get(timeMs)).toBe(Number(value) * 2);
    expect(c.get(timeMs)).toBe(Number(value) + 2);
  }
  // The instant itself and the nine before it: (t-10s, t].
  expect([...values('seen').values()]).toEqual([...Array.from({ length: 9 }, (_, at) => at + 1), ...Array.from({ length: 1191 }, () => 10)]); // prettier-ignore
  const lags = [...values('of_other_group')].map(([timeMs, value]) => timeMs - Number(value) * 1000);
  expect(Math.max(...lags)).toBeLessThan(1000);

  // A rule that is gone leaves markers at the next evaluation; so does a group that is gone, two intervals later, at the time when it ended.
  rig.load(yaml('e').slice(0, yaml('e').indexOf('  - name: other')));
  const changedMs = clock.nowMs();
  await rig.advance(5000);
  expect(rig.pointsOf('d').at(-1)?.[1]).toBe('stale');
  expect(rig.pointsOf('e').length).toBeGreaterThan(3);
  expect(rig.pointsOf('of_other_group').at(-1)).toEqual([changedMs, 'stale']);
  expect(rig.pointsOf('a').every(([, value]) => value !== 'stale')).toBe(true);
});
