// What a restart does to alerts that waited: how long they have waited is found in the series that the former process wrote.
import { expect, test } from 'vitest';
import { LabelSet } from '#query/promql/labels.ts';
import { MemoryStore } from '#tests/support/memory-series-store.ts';
import { RulesRig } from '#tests/support/rules-rig.ts';
import { VirtualClock } from '#tests/support/virtual-clock.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const START_MS = Date.UTC(2026, 0, 1);

function yaml(forText: string): string {
  return `groups:
  - name: g
    interval: 10s
    rules:
      - { alert: A, expr: load > 5, for: ${forText}, labels: { severity: page, host: '{{ $labels.host }}!' } }
      - { record: r, expr: load }
`;
}

interface Restarted {
  readonly state: string | undefined;
  /** When the alert has waited since, after the restart, from the start of the former process, ms. */
  readonly activeMs: number;
  /** When the second evaluation of the new process was. */
  readonly restoredMs: number;
  /** When the last evaluation of the former process was. */
  readonly downMs: number;
  readonly rig: RulesRig;
}

/** Runs for a time, is away for a time, and runs for three evaluations. */
async function restart(forText: string, runsMs: number, awayMs: number, mark = false): Promise<Restarted> {
  const store = new MemoryStore();
  const clock = new VirtualClock(START_MS);
  const former = new RulesRig({ clock, store });
  former.add(
    { __name__: 'load', host: 'a' },
    Array.from({ length: 1000 }, (_, at): [number, number] => [START_MS + at * 10 * SECOND, 7]),
  );
  former.load(yaml(forText));
  await former.advance(runsMs);
  const downMs = former.runtime.groups[0]!.dueAtMs;
  const stopped = former.runtime.stop(0);
  await former.advance(3000);
  await stopped;
  if (mark) {
    const labels = LabelSet.from(
      Object.entries({ __name__: 'ALERTS_FOR_STATE', alertname: 'A', severity: 'page', host: 'a!' }),
    );
    const values = new Float64Array(new Uint32Array([2, 0x7ff00000]).buffer);
    store.add({ labels, timesMs: Float64Array.of(downMs + 1), values });
  }
  clock.jump(awayMs - 3000);
  const rig = new RulesRig({ clock, store });
  rig.load(yaml(forText));
  await rig.advance(3 * 10 * SECOND);
  const { state, dueAtMs } = rig.runtime.groups[0]!;
  const [alert] = [...(state.rules[0]?.alerts.values() ?? [])];
  return { state: alert?.state, activeMs: alert?.activeAtMs ?? NaN, restoredMs: dueAtMs - 10 * SECOND, downMs, rig };
}

test('the time that it was down does not count: the alert has as long to wait as before', async () => {
  const { state, activeMs, restoredMs, downMs, rig } = await restart('30m', 15 * MINUTE, 5 * MINUTE);
  expect(state).toBe('pending');
  const firstMs = downMs - (downMs - START_MS - ((downMs - START_MS) % (10 * SECOND)));
  const waited = downMs - firstMs;
  expect(Math.abs(restoredMs - activeMs - waited)).toBeLessThan(2 * SECOND);
  // Nothing is written before it is known.
  const written = rig.pointsOf('ALERTS_FOR_STATE');
  expect(written.map(([timeMs]) => timeMs)).toEqual([restoredMs + 10 * SECOND]);
  expect(rig.pointsOf('r')).toHaveLength(3);
});

test('one that fired fires again at the evaluation after', async () => {
  const { state, activeMs } = await restart('12m', 20 * MINUTE, 5 * MINUTE);
  expect(state).toBe('firing');
  expect(activeMs - START_MS).toBeLessThan(11 * SECOND);
});

test('one that had little left waits for the grace period', async () => {
  const { state, activeMs, restoredMs } = await restart('30m', 25 * MINUTE, 5 * MINUTE);
  expect(state).toBe('pending');
  expect(activeMs + 30 * MINUTE).toBe(restoredMs + 10 * MINUTE);
});

test.each([
  ['it was down for longer than is tolerated', '30m', 15 * MINUTE, 61 * MINUTE, false],
  ['its `for` is below the grace period', '9m', 5 * MINUTE, MINUTE, false],
  ['the alert had ended before', '30m', 15 * MINUTE, 5 * MINUTE, true],
])('%s: the alert waits from the beginning', async (_, forText, runsMs, awayMs, mark) => {
  const { state, activeMs, restoredMs } = await restart(forText, runsMs, awayMs, mark);
  expect(state).toBe('pending');
  expect(activeMs).toBe(restoredMs - 10 * SECOND);
});
