// POST /api/rescue: brings dropped traces back while the rescue ring holds them. The collector's admin address accepts the same at /rescue.
import { z } from 'zod';
import { parseDurationMs } from '../config/units.ts';
import { TraceIdText } from './common.ts';

/** Traces that one request may bring back. */
const MAX_RESCUED = 1000;

/** Everything named must hold: one span of that service, name and (with `error: true`) status. At least one thing must be named. */
export const RescueRequest = z
  .strictObject({
    trace_ids: z.array(z.string().toLowerCase().pipe(TraceIdText)).min(1).max(MAX_RESCUED).optional(),
    service: z.string().min(1).optional().describe('service.name of some span'),
    name: z.string().min(1).optional().describe('name of that span'),
    error: z.boolean().optional().describe('true: that span has status error'),
    last: z
      .string()
      .refine((text) => (parseDurationMs(text) ?? 0) > 0, {
        message: 'is no duration: write a number with its unit, as 10m',
      })
      .optional()
      .describe('dropped within this time, as 10m'),
    limit: z.number().int().min(1).max(MAX_RESCUED).default(100).describe('most traces, the latest first'),
    why: z
      .enum(['opened', 'requested'])
      .default('requested')
      .describe('opened: a person looks at this one; the rule becomes rescue:<why>'),
  })
  .refine(
    ({ trace_ids, service, name, error, last }) =>
      [trace_ids, service, name, error, last].some((criterion) => criterion !== undefined),
    { message: 'names nothing: give trace_ids, service, name, error or last' },
  );
export type RescueRequest = z.infer<typeof RescueRequest>;

export const RescueResponse = z.object({
  trace_ids: z.array(TraceIdText).describe('traces that come back now: a second or two later they are stored'),
  not_found: z.array(TraceIdText).describe('of those asked for by id: not in the ring'),
  more: z.boolean().describe('there were more than `limit`, or than can be brought back at a time'),
  horizon_seconds: z.number().describe('how far back the ring reaches'),
});
export type RescueResponse = z.infer<typeof RescueResponse>;
