// The collector's own metrics as numbers with labels: what /samples answers to query, which then need not read the text for Prometheus.
import type { Registry } from 'prom-client';
import type { Samples } from '#proto/admin/answers.ts';

export async function samplesOf(registry: Registry): Promise<Samples> {
  const metrics = await registry.getMetricsAsJSON();
  const samples = metrics.flatMap(({ name, values }) =>
    values.map(({ value, labels, metricName }: { value: number; labels: object; metricName?: string }) => ({
      name: metricName ?? name,
      labels: Object.fromEntries(Object.entries(labels).map(([label, text]) => [label, String(text)])),
      value,
    })),
  );
  return { samples: samples.filter(({ value }) => Number.isFinite(value)) };
}
