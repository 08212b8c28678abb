// GET /api/services, /api/operations, /api/dependencies: RED numbers from 100 % of the spans, kept or not.
import { z } from 'zod';
import { KIND_WORDS } from '../search/fields.ts';
import { RangeQuery } from './common.ts';

export const Red = z.object({
  calls: z.number().describe('in the range'),
  errors: z.number(),
  per_second: z.number(),
  p50_ms: z.number().nullable(),
  p95_ms: z.number().nullable(),
  p99_ms: z.number().nullable(),
  mean_ms: z.number().nullable(),
});
export type Red = z.infer<typeof Red>;

const DATA_SECONDS = z
  .number()
  .describe('seconds of the range from the first span of any service in it to the last: what rates are over');

/** RED of SERVER and CONSUMER spans (of all kinds where a service has none). `trend` = calls per second over 30 equal times. */
export const ServicesResponse = z.object({
  data_seconds: DATA_SECONDS,
  services: z.array(
    Red.extend({
      service: z.string(),
      served: z.boolean().describe('SERVER and CONSUMER spans are counted; false: it has none, and all are'),
      operations: z.number(),
      trend: z.array(z.number()),
      error_trend: z.array(z.number()),
    }),
  ),
});
export type ServicesResponse = z.infer<typeof ServicesResponse>;

export const OperationsQuery = RangeQuery.extend({
  service: z.string().min(1).describe('service.name'),
  contains: z.string().max(200).optional().describe('only names with this in them'),
});

export type OperationsQuery = z.infer<typeof OperationsQuery>;

export const OperationsResponse = z.object({
  data_seconds: DATA_SECONDS,
  distinct: z.number().describe('operations there are, listed or not: at most 2,000 are'),
  operations: z.array(Red.extend({ service: z.string(), name: z.string(), kind: z.string() })),
});
export type OperationsResponse = z.infer<typeof OperationsResponse>;

export const DurationRankQuery = RangeQuery.extend({
  service: z.string().min(1).describe('service.name'),
  name: z.string().default('').describe('span name; absent: the one that is empty'),
  kind: z.enum(KIND_WORDS),
  duration_ns: z.coerce.number().nonnegative().describe('of the span that is compared, ns'),
});
export type DurationRankQuery = z.infer<typeof DurationRankQuery>;

export const DurationRankResponse = z.object({
  calls: z.number().describe('of the operation, in the range'),
  faster_least: z.number().describe('calls that were faster for certain, by the buckets of the histogram'),
  faster_most: z.number().describe('calls that may have been'),
});
export type DurationRankResponse = z.infer<typeof DurationRankResponse>;

export const EdgeKind = z.enum(['rpc', 'db', 'queue', 'external', 'internal']);
export type EdgeKind = z.infer<typeof EdgeKind>;
export const DependenciesResponse = z.object({
  edge_count: z.number().describe('edges there are, listed or not: the 2,000 with most calls are'),
  nodes: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(['service', 'db', 'queue', 'external']),
      calls: z.number(),
      errors: z.number(),
    }),
  ),
  edges: z.array(
    z.object({
      caller: z.string(),
      callee: z.string(),
      kind: EdgeKind,
      calls: z.number(),
      errors: z.number(),
      mean_ms: z.number().nullable(),
      p95_ms: z.number().nullable(),
      lag_ms: z.number().nullable().describe('mean message lag of queue edges'),
    }),
  ),
});
export type DependenciesResponse = z.infer<typeof DependenciesResponse>;
