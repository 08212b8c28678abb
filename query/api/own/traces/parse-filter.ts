// The filter of a request in the form that the store expects: the question in the search language, and what other parameters add to it.
import type { TraceFilter as Asked } from '#proto/api/search.ts';
import { combined, fieldIs, stringValue, type Expression, type Operator } from '#proto/search/expression.ts';
import type { FieldName } from '#proto/search/fields.ts';
import { traceAddress } from '#proto/search/trace-address.ts';
import type { TraceFilter } from '#query/store/traces/contract.ts';
import { itemCondition, parseQuestion } from '../parse-question.ts';
import { parseRange } from '../parse-range.ts';

const NS_PER_MS = 1e6;

/** @throws BadRequest */
export function parseTraceFilter(
  asked: Asked & { readonly root_name?: string | undefined },
  nowMs: number,
): TraceFilter {
  const question = asked.q ?? '';
  const address = traceAddress(question);
  const parts = [
    address === undefined ? parseQuestion(question) : undefined,
    ofText('service', asked.service),
    ofText('name', asked.operation),
    ofText('root.service', asked.root_service),
    ofText('root.name', asked.root_name),
    ofDuration('>=', asked.min_duration_ms),
    ofDuration('<=', asked.max_duration_ms),
    ofStatus(asked.status),
    ofText('rule', asked.rule),
    ...(asked.attr ?? []).map(itemCondition),
  ];
  const where = combined(
    'and',
    parts.filter((part) => part !== undefined),
  );
  return { range: parseRange(asked, nowMs), where, traceId: address?.traceId };
}

function ofText(field: FieldName, text: string | undefined): Expression | undefined {
  return text === undefined || text === '' ? undefined : fieldIs(field, '=', stringValue(text));
}

function ofDuration(operator: Operator, ms: number | undefined): Expression | undefined {
  const ns = ms === undefined ? undefined : Math.round(ms * NS_PER_MS);
  return ns === undefined ? undefined : fieldIs('trace.duration', operator, { type: 'duration', ns });
}

function ofStatus(status: 'error' | 'ok' | undefined): Expression | undefined {
  if (status === undefined) return undefined;
  return status === 'error'
    ? fieldIs('status', '=', stringValue('error'))
    : fieldIs('trace.errors', '=', { type: 'int', text: '0' });
}
