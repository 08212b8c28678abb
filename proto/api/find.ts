// GET /api/traces/:id/find?term=…: the spans of one trace that hold each term in an attribute.
import { z } from 'zod';
import { SpanIdText } from './common.ts';

const MAX_TERMS = 8;
const Term = z
  .string()
  .min(1)
  .max(500)
  .describe(
    '`key=value`: the attribute of that value, whatever its case, or any where the value is empty; anything else: a part of a key, a value, a status message or the name of an event',
  );

export const FindQuery = z.object({
  term: z.union([Term, z.array(Term).min(1).max(MAX_TERMS)]).transform((v) => (Array.isArray(v) ? v : [v])),
});

export const FindResponse = z.object({
  terms: z.array(
    z.object({
      term: z.string(),
      span_ids: z.array(SpanIdText).describe('in no order'),
      is_cut: z.boolean().describe('there are more'),
    }),
  ),
});
export type FindResponse = z.infer<typeof FindResponse>;
