// The filter of a request in the form that the store expects: the question in the search language, and what other parameters add to it.
import type { TraceFilter as Asked } from '#proto/api/search.ts';
import {
  attributeIs,
  combined,
  fieldIs,
  stringValue,
  type Expression,
  type Operator,
  type Value,
} from '#proto/search/expression.ts';
import type { FieldName } from '#proto/search/fields.ts';
import { traceAddress } from '#proto/search/trace-address.ts';
import { readBareValue } from '#proto/search/values.ts';
import type { TraceFilter } from '#query/store/traces/contract.ts';
import { parseQuestion } from '../parse-question.ts';
import { BadRequest } from '../request-error.ts';
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
    ...(asked.attr ?? []).map(ofItem),
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

/** `key=value`, of whatever type the value is sent. */
function ofItem(item: string): Expression {
  const at = item.indexOf('=');
  if (at < 0)
    throw new BadRequest(
      'ATTRIBUTE_FILTER',
      `attr must be key=value, got ${JSON.stringify(item)}`,
      'write attr=http.route=/cart',
    );
  const text = item.slice(at + 1);
  const values: readonly Value[] = [stringValue(text), readBareValue(text)];
  return attributeIs(item.slice(0, at), 'in', ...values.filter(({ type }, i) => i === 0 || type !== 'string'));
}
