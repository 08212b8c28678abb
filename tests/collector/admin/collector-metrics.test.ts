// The metrics of a running collector are those of the tables, which docs/metrics.md lists, and keep to the naming rules of Prometheus.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { METRIC_SECTIONS } from '#collector/admin/collector-metrics.ts';
import { ENGINE_METRICS } from '#collector/run/watch-engine.ts';
import { ANY_PORTS, RunningRole } from '#tests/support/running-role.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'winnow-metrics-'));
const collector = new RunningRole('collector', ['--data', directory, '--store=none', ...ANY_PORTS]);
const declared = METRIC_SECTIONS.flatMap(([, metrics]) => metrics);

afterAll(async () => {
  await collector.end();
  rmSync(directory, { recursive: true });
});

it('a running collector answers with those of the tables, by name, kind and help', async () => {
  const text = await (await collector.admin('/metrics')).text();
  const answered = [...text.matchAll(/^# HELP (winnow_\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(([, name, help, kind]) => ({
    name,
    help,
    kind,
  }));
  const ofStore = new Set(ENGINE_METRICS.map(({ name }) => name));
  const expected = declared
    .filter(({ name }) => !ofStore.has(name))
    .map(({ name, help, kind }) => ({ name, help, kind }));
  const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }): number =>
    (a.name ?? '').localeCompare(b.name ?? '');
  expect(answered.toSorted(byName)).toEqual(expected.toSorted(byName));
});

it('each is declared once; counters end in _total, units in their name are base units', () => {
  expect(new Set(declared.map(({ name }) => name)).size).toBe(declared.length);
  for (const { name } of declared.filter(({ kind }) => kind === 'counter')) expect(name).toMatch(/_total$/);
  for (const { name, help } of declared) {
    expect(name).toMatch(/^winnow_[a-z]+(?:_[a-z]+)*$/);
    expect(name).not.toMatch(/_(?:ms|milliseconds|kb|mb|percent)(?:_|$)/);
    expect(help).not.toBe('');
  }
});
