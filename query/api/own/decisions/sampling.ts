// What the sampler is doing right now, asked of the collector: the rules in force, the last reload, its metrics about sampling.
import type { SamplingResponse } from '#proto/api/sampling.ts';
import type { CollectorLink } from '#query/collector/collector-link.ts';

/** What the Sampling page may show; the rest of the metrics is for monitoring. */
const SHOWN = /^winnow_(?:buffer|late|decision|overload|event_loop|rescue|traces_decided|config)_/;

export async function samplingNow(collector: CollectorLink): Promise<SamplingResponse> {
  const [config, samples] = await Promise.all([collector.config(), collector.samples()]);
  return {
    config: config === undefined ? null : { ...config, reload_url: collector.reloadUrl },
    metrics: (samples ?? [])
      .filter(({ name }) => SHOWN.test(name))
      .map(({ name, labels, value }) => ({ name, labels: { ...labels }, value })),
  };
}
