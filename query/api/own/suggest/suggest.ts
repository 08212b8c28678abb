// Suggestions for a question in the search language: keys of attributes, or values of one key.
import type { SuggestQuery, SuggestResponse } from '#proto/api/suggest.ts';
import type { Subject } from '#proto/search/expression.ts';
import { fieldNamed } from '#proto/search/fields.ts';
import { keyText, printValue } from '#proto/search/print.ts';
import type { SuggestionReader } from '#query/store/suggestions/contract.ts';
import { parseRange } from '../parse-range.ts';

export async function suggest(reader: SuggestionReader, query: SuggestQuery, nowMs: number): Promise<SuggestResponse> {
  const request = { range: parseRange(query, nowMs), contains: query.contains ?? '', limit: query.limit };
  if (query.key === undefined) {
    const keys = await reader.keys(request);
    return { suggestions: keys.map(({ key, spans }) => ({ text: keyText(key), count: spans })) };
  }
  const field = fieldNamed(query.key);
  const subject: Subject = field === undefined ? { of: 'attribute', key: query.key } : { of: 'field', field };
  const values = await reader.values(subject, request);
  return { suggestions: values.map(({ value, spans }) => ({ text: printValue(value), count: spans })) };
}
