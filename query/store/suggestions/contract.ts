// What a question may go on with: keys and values that are there, with how often. Answers come from a bounded number of rows.
import type { Subject, Value } from '#proto/search/expression.ts';
import type { TimeRange } from '../time-range.ts';

export interface SuggestionRequest {
  readonly range: TimeRange;
  /** In any case of letters. */
  readonly contains: string;
  readonly limit: number;
}

export interface SuggestionReader {
  /** Keys of attributes, of spans and of resources; the most frequent first. */
  keys(request: SuggestionRequest): Promise<readonly { readonly key: string; readonly spans: number }[]>;
  /** Values of a text field, or of an attribute; the most frequent first. */
  values(
    subject: Subject,
    request: SuggestionRequest,
  ): Promise<readonly { readonly value: Value; readonly spans: number }[]>;
}
