// The collector's metrics as query reads them, written by the same library.
import { Counter, Gauge, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { parseMetrics } from '#query/collector/parse-metrics.ts';

it('reads names, labels with quotes, backslashes and line ends, and values', async () => {
  const registry = new Registry();
  const rule = 'a "b" \\ {c="d"},\n';
  new Counter({
    name: 'winnow_hits_total',
    help: 'hits "of" rules',
    labelNames: ['rule', 'decision'],
    registers: [registry],
  }).inc({ rule, decision: 'kept' }, 3);
  new Gauge({ name: 'winnow_share', help: 'share', registers: [registry] }).set(0.25);
  expect(parseMetrics(await registry.metrics())).toEqual([
    { name: 'winnow_hits_total', labels: { rule, decision: 'kept' }, value: 3 },
    { name: 'winnow_share', labels: {}, value: 0.25 },
  ]);
});
