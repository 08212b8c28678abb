// GET /api/sampling: what the sampler is doing right now. GET /api/sampling/hits: what rules, services and triggers kept and dropped over time.
import { z } from 'zod';
import { RangeQuery, TimeNs } from './common.ts';

export const SamplingResponse = z.object({
  config: z
    .object({
      yaml: z
        .string()
        .describe('the sampling configuration in force, completed; nothing else of the configuration, so no secret'),
      hash: z.string(),
      file: z.string().describe('where it was read from; empty without a file'),
      reload_url: z.string().describe('where a POST puts the file in force, from the machine of the collector'),
      started_at: TimeNs.describe('when the collector started'),
      last_reload: z
        .object({
          at: TimeNs,
          asked: z.enum(['file', 'request']),
          result: z.enum(['applied', 'unchanged', 'refused']),
          errors: z.array(z.string()),
          restart: z.array(z.string()),
        })
        .nullable()
        .describe('the last reading of the configuration while running'),
    })
    .nullable()
    .describe('null when the collector does not answer'),
  metrics: z
    .array(z.object({ name: z.string(), labels: z.record(z.string(), z.string()), value: z.number() }))
    .describe("the collector's own about buffer, decisions, late spans, overload and rescue; docs of each at /metrics"),
});
export type SamplingResponse = z.infer<typeof SamplingResponse>;

export const SamplingHitsQuery = RangeQuery;

const HitRow = z.object({
  name: z.string(),
  kept: z.number().describe('traces'),
  dropped: z.number(),
  kept_spans: z.number(),
  dropped_spans: z.number(),
});
export type HitRow = z.infer<typeof HitRow>;

/** Steps are equal and cover [start, end); one entry of each list per step. */
export const SamplingHitsResponse = z.object({
  start: TimeNs,
  step_ms: z.number(),
  steps: z.number(),
  rules: z
    .array(
      HitRow.extend({
        condition: z.string().describe('as it is written in the configuration; empty for a rule that is not in force'),
        in_force: z.boolean(),
        kept_by_step: z.array(z.number()),
        dropped_by_step: z.array(z.number()),
      }),
    )
    .describe(
      'the rules in force in their order, also those that no trace met; then others, most traces first, the rest of them summed up under `others`',
    ),
  services: z.array(HitRow).describe('of the root'),
  triggers: z.array(HitRow),
});
export type SamplingHitsResponse = z.infer<typeof SamplingHitsResponse>;
