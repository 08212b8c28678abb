// Rules, budget and floor as they stand in a configuration. What stands under `when` is read by the rule compiler, which knows every condition.
import { z } from 'zod';

/** Rules with name, when, keep and budget. Only the outline is checked here, so that the rule compiler can name the exact place of an error. */
export const rulesSchema = z.array(z.unknown(), { message: 'write a list of rules, each with name, when and keep' });

/** Only that it is a map: the compiler of the policies names every mistake with its place. */
export const tailSamplingSchema = z.record(z.string(), z.unknown(), {
  message: "write the block tail_sampling: of an OpenTelemetry Collector's configuration",
});

export const budgetSchema = z.strictObject({
  spans_per_second: z.number().positive().optional(),
  bytes_per_second: z.union([z.number().positive(), z.string()]).optional(),
  window: z.string().optional(),
  burst: z.string().optional(),
});

export const floorSchema = z.strictObject({
  per: z.array(z.string()).min(1).optional(),
  traces: z.number().int().positive().optional(),
  every: z.string().optional(),
});
