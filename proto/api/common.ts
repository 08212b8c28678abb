// Words that all routes of the HTTP API share. Ids are lower-case hex; times are Unix ns as decimal strings.
import { VALUE_TYPES } from '../otlp/enums.ts';
import { z } from 'zod';

export const TraceIdText = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')
  .describe('trace id, lower-case hex');
export const SpanIdText = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'must be 16 hex digits')
  .describe('span id, lower-case hex');
export const TimeNs = z
  .string()
  .regex(/^-?\d{1,19}$/, 'must be Unix nanoseconds in decimal')
  .describe('Unix time, ns, decimal');

/** Time range of most routes; both default to the last 30 minutes. `start` inclusive, `end` exclusive. */
export const RangeQuery = z.object({ start: TimeNs.optional(), end: TimeNs.optional() });

/** Path parameters of what is about one trace. Digits may be capital; some programs leave out zeros at the beginning, or send ids of 64 bits. */
export const TracePath = z.object({
  trace_id: z
    .string()
    .toLowerCase()
    .overwrite((digits) => digits.padStart(32, '0'))
    .pipe(TraceIdText)
    .describe('trace id, hex; one of fewer digits has zeros before them'),
});
export const SpanPath = TracePath.extend({
  span_id: z.string().toLowerCase().pipe(SpanIdText).describe('span id, hex'),
});

/** Of /healthz and /readyz. */
export const HealthResponse = z.object({
  status: z.string(),
  reasons: z.array(z.string()).optional().describe('why not, and what to do'),
});

/** Of /api/openapi.json: an OpenAPI 3.1 document. */
export const OpenApiResponse = z.looseObject({ openapi: z.string() });

/** An attribute with its OTLP type; `value` as text (array and kvlist as OTLP/JSON, bytes as base64). */
export const Attribute = z.object({ key: z.string(), type: z.enum(VALUE_TYPES), value: z.string() });
export type Attribute = z.infer<typeof Attribute>;

/** Body of every 4xx and 5xx of /api: what, where, which value, what to do. */
export const ApiError = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    errors: z
      .array(
        z.object({ path: z.string(), source: z.string(), value: z.string(), message: z.string(), remedy: z.string() }),
      )
      .optional()
      .describe('each mistake of a configuration'),
    request_id: z.string().optional().describe('of a 5xx: the log of query names it, too'),
  }),
});
export type ApiError = z.infer<typeof ApiError>;
