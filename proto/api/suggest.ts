// GET /api/suggest: how a question in the search language may go on.
import { z } from 'zod';
import { RangeQuery } from './common.ts';

export const SuggestQuery = RangeQuery.extend({
  key: z
    .string()
    .max(1000)
    .optional()
    .describe('a field or an attribute whose values are asked for; without it keys of attributes are'),
  contains: z.string().max(200).optional().describe('only what has this in it, in any case of letters'),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('most suggestions'),
});
export type SuggestQuery = z.infer<typeof SuggestQuery>;

export const SuggestResponse = z.object({
  suggestions: z
    .array(
      z.object({
        text: z.string().describe('as it is written in the search language'),
        count: z.number().describe('spans that have it, of those that were looked at'),
      }),
    )
    .describe('the most frequent first'),
});
export type SuggestResponse = z.infer<typeof SuggestResponse>;
