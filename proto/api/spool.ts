// The collector's spool on its admin address: GET /spool, POST /spool/retry, POST /spool/drop. Used by `winnow spool`.
import { z } from 'zod';

/** Files that one request may name; `all` takes all of them. */
const MAX_SPOOL_NAMES = 500;
const MAX_NAME_LENGTH = 128;

export const SpoolFile = z.object({
  name: z.string(),
  kind: z
    .enum(['refused', 'damaged'])
    .describe('refused: by ClickHouse, for good; damaged: its bytes are not those that were written'),
  table: z.string(),
  rows: z.number(),
  bytes: z.number(),
  reason: z.string().describe("'' when it was set aside by an earlier run"),
});
export type SpoolFile = z.infer<typeof SpoolFile>;

export const SpoolResponse = z.object({
  waiting: z.array(
    z.object({
      signal: z.enum(['traces', 'logs', 'metrics']),
      blocks: z.number(),
      rows: z.number(),
      bytes: z.number(),
      full: z.boolean(),
    }),
  ),
  set_aside: z.array(SpoolFile),
});
export type SpoolResponse = z.infer<typeof SpoolResponse>;

/** Names of files, or all: to send again all that ClickHouse refuses, to remove all that is set aside. */
export const SpoolChangeRequest = z
  .strictObject({
    names: z.array(z.string().min(1).max(MAX_NAME_LENGTH)).min(1).max(MAX_SPOOL_NAMES).optional(),
    all: z.literal(true).optional(),
  })
  .refine(({ names, all }) => (names === undefined) !== (all === undefined), { message: 'give names, or all: true' });
export type SpoolChangeRequest = z.infer<typeof SpoolChangeRequest>;

export const SpoolChangeResponse = z.object({
  done: z.array(SpoolFile),
  failed: z.array(z.object({ name: z.string(), why: z.string() })),
});
export type SpoolChangeResponse = z.infer<typeof SpoolChangeResponse>;
