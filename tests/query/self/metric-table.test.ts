// Query's own metrics as a Prometheus reads them.
import { expect, test } from 'vitest';
import { metricsText, type Metric } from '#query/self/metric-table.ts';
import { QUERY_METRIC_SECTIONS } from '#query/query-metrics.ts';

test('names, kinds and values, with texts that hold whatever people write', () => {
  const table: readonly Metric<Readonly<Record<string, number>>>[] = [
    {
      name: 'a_total',
      kind: 'counter',
      labels: ['group'],
      help: 'what it counts',
      read: (of) => Object.entries(of).map(([group, value]) => [{ group }, value]),
    },
    { name: 'b', kind: 'gauge', labels: [], help: 'nothing', read: () => [[{}, Infinity]] },
  ];
  expect(metricsText(table, { 'x"\\\n;ü': 1.5, y: 0 })).toBe(
    '# HELP a_total what it counts\n# TYPE a_total counter\na_total{group="x\\"\\\\\\n;ü"} 1.5\na_total{group="y"} 0\n' +
      '# HELP b nothing\n# TYPE b gauge\nb +Inf\n',
  );
});

test('every metric has one name, and one that fits its kind', () => {
  const all = QUERY_METRIC_SECTIONS.flatMap(([, metrics]) => metrics);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const { name, kind, help } of all) {
    expect(name).toMatch(/^winnow_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    expect(help).not.toBe('');
  }
});
