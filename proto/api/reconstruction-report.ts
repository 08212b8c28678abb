// GET /api/reconstruction-report: what traces had to be repaired for, by service and kind, from 100 % of the traces.
import { z } from 'zod';

export const WarningKind = z.enum([
  'missing_parent',
  'duplicate_span',
  'conflicting_span',
  'shared_span_id',
  'self_parent',
  'cycle',
  'several_roots',
  'bad_parent_id',
  'bad_link_id',
  'end_before_start',
  'zero_time',
  'clock_infeasible',
  'clock_kept_raw',
  'clock_own_bounds',
]);
export type WarningKind = z.infer<typeof WarningKind>;

/** Most spans first. Kinds that begin with `clock_` are counted on kept traces only: offsets are worked out for those alone. */
export const ReconstructionReportResponse = z.object({
  rows: z.array(
    z.object({
      service: z.string(),
      kind: WarningKind,
      traces: z.number(),
      spans: z.number().describe('spans the repair was made at'),
      example_trace_id: z.string().describe('a stored trace where there is one'),
      example_kept: z.boolean().describe('the example is stored'),
      meaning: z.string(),
    }),
  ),
});
export type ReconstructionReportResponse = z.infer<typeof ReconstructionReportResponse>;
