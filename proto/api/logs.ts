// GET /api/logs: structured log records, newest first.
import { z } from 'zod';
import { Attribute, RangeQuery, TimeNs } from './common.ts';

export const LogsQuery = RangeQuery.extend({
  service: z.string().optional().describe('service.name of the resource'),
  min_severity: z.coerce.number().int().min(0).max(24).optional().describe('OTLP severity number, 17 = ERROR'),
  q: z
    .string()
    .max(4000)
    .optional()
    .describe('in the search language (docs/search.md): service, attributes, words of the body'),
  trace_id: z.string().optional().describe('of this trace, lower-case hex'),
  span_id: z.string().optional().describe('of this span, lower-case hex'),
  attr: z
    .union([z.string(), z.array(z.string()).max(8)])
    .transform((v) => (Array.isArray(v) ? v : [v]))
    .optional()
    .describe('key=value of the record or its resource, repeatable, whether the value is a text, a number or a bool'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('records of one page'),
  cursor: z.string().max(200).optional().describe('next_cursor of the page before'),
});
export type LogsQuery = z.infer<typeof LogsQuery>;

export const LogRecord = z.object({
  time: TimeNs,
  observed: TimeNs,
  service: z.string(),
  severity: z.number(),
  severity_text: z.string(),
  event_name: z.string(),
  body: z.string(),
  body_type: Attribute.shape.type,
  trace_id: z.string(),
  span_id: z.string(),
  flags: z.number(),
  weight: z.number(),
  attributes: z.array(Attribute),
  resource: z.array(Attribute),
});
export type LogRecord = z.infer<typeof LogRecord>;

export const LogsResponse = z.object({
  logs: z.array(LogRecord),
  next_cursor: z.string().nullable(),
  histogram: z
    .array(z.object({ time: TimeNs, records: z.number(), errors: z.number() }))
    .describe('60 equal times over the range; where logs are sampled, what the stored ones stand for'),
});
export type LogsResponse = z.infer<typeof LogsResponse>;
