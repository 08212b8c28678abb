// The collector's metrics as numbers with labels, as query reads them.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { samplesOf } from '#collector/admin/samples.ts';
import { Samples } from '#proto/admin/answers.ts';

it('have names, labels of any text and values, as /metrics writes them; what is no finite number is left out', async () => {
  const registry = new Registry();
  const rule = 'a "b" \\ {c="d"},\n';
  new Counter({
    name: 'winnow_hits_total',
    help: 'hits "of" rules',
    labelNames: ['rule', 'decision'],
    registers: [registry],
  }).inc({ rule, decision: 'kept' }, 3);
  new Gauge({ name: 'winnow_share', help: 'share', registers: [registry] }).set(0.25);
  new Gauge({ name: 'winnow_none', help: 'none', registers: [registry] }).set(Number.NaN);
  new Histogram({ name: 'winnow_wait', help: 'wait', buckets: [1], registers: [registry] }).observe(0.5);
  const answer: unknown = JSON.parse(JSON.stringify(await samplesOf(registry)));
  expect(Samples.parse(answer).samples).toEqual([
    { name: 'winnow_hits_total', labels: { rule, decision: 'kept' }, value: 3 },
    { name: 'winnow_share', labels: {}, value: 0.25 },
    { name: 'winnow_wait_bucket', labels: { le: '1' }, value: 1 },
    { name: 'winnow_wait_bucket', labels: { le: '+Inf' }, value: 1 },
    { name: 'winnow_wait_sum', labels: {}, value: 0.5 },
    { name: 'winnow_wait_count', labels: {}, value: 1 },
  ]);
});
