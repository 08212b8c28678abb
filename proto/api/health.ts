// GET /api/health: whether Winnow works as it should, part by part, in sentences that say what is the matter and what to do.
import { z } from 'zod';

export const StateResponse = z.object({
  collector: z
    .enum(['ready', 'not ready', 'unreachable'])
    .describe('unreachable: it does not answer on its admin address; nothing else is known of it then'),
  store: z.enum(['ready', 'unreachable']).describe('ClickHouse, as query sees it'),
  not_ready: z.array(z.string()).describe('why requests are refused now, and what to do'),
  degraded: z.array(z.string()).describe('what works, though not as it should, and what to do'),
});
export type StateResponse = z.infer<typeof StateResponse>;
