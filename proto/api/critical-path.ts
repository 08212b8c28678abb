// GET /api/critical-path: which operations make the traces of a filter slow, over all of them, weighted by its adjusted count.
import { z } from 'zod';
import { TraceFilter } from './search.ts';

export const CriticalPathQuery = TraceFilter.extend({
  root_name: z.string().optional().describe('name of the root span'),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
});
export type CriticalPathQuery = z.infer<typeof CriticalPathQuery>;

export const CriticalPathResponse = z.object({
  total: z.object({
    kept: z.number().describe('kept traces that match'),
    stands_for: z.number().describe('sum of their weights'),
    mean_duration_ns: z.number().nullable().describe('from the first start to the last end; weighted'),
    mean_path_ns: z.number().nullable().describe('length of the critical path, which tiles the root; weighted'),
  }),
  /** Most time on the path first. Means are per trace of the filter, weighted, also over the traces without the operation. */
  operations: z.array(
    z.object({
      service: z.string(),
      name: z.string(),
      share: z.number().describe('of all the time on critical paths, 0…1'),
      path_ns: z.number().describe('mean time on the critical path'),
      self_ns: z.number().describe('mean time without children, on the path or not'),
      drag_ns: z.number().describe('mean gain if its spans, with all they wait for, took no time'),
      slack_ns: z
        .number()
        .nullable()
        .describe('mean time it may take longer in traces where it is off the path; null when it never is'),
      spans: z.number().describe('mean spans'),
      traces: z.number().describe('share of traces with it on the critical path, 0…1'),
      example: z.string().describe('kept trace in which it takes most time of the path'),
    }),
  ),
});
export type CriticalPathResponse = z.infer<typeof CriticalPathResponse>;
