// GET /api/services, /api/operations, /api/dependencies: RED numbers from 100 % of the spans, kept or not.
import { z } from 'zod';
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

/** RED of SERVER and CONSUMER spans (of all kinds where a service has none). `trend` = calls per second over 30 equal times. */
export const ServicesResponse = z.object({
  services: z.array(
    Red.extend({
      service: z.string(),
      operations: z.number(),
      trend: z.array(z.number()),
      error_trend: z.array(z.number()),
    }),
  ),
});
export type ServicesResponse = z.infer<typeof ServicesResponse>;

export const OperationsQuery = RangeQuery.extend({ service: z.string().min(1).describe('service.name') });

export const OperationsResponse = z.object({
  operations: z.array(Red.extend({ service: z.string(), name: z.string(), kind: z.string() })),
});
export type OperationsResponse = z.infer<typeof OperationsResponse>;

export const EdgeKind = z.enum(['rpc', 'db', 'queue', 'external', 'internal']);
export type EdgeKind = z.infer<typeof EdgeKind>;
export const DependenciesResponse = z.object({
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
