// The filter of a request in the form that the store expects.
import type { TraceFilter as Asked } from '#proto/api/search.ts';
import type { TraceFilter } from '#query/store/traces/contract.ts';
import { BadRequest } from '../request-error.ts';
import { parseRange } from '../parse-range.ts';

const NS_PER_MS = 1e6;

/** @throws BadRequest */
export function parseTraceFilter(asked: Asked, nowMs: number): TraceFilter {
  for (const item of asked.attr ?? []) {
    if (item.includes('=')) continue;
    throw new BadRequest(
      'ATTRIBUTE_FILTER',
      `attr must be key=value, got ${JSON.stringify(item)}`,
      'write attr=http.route=/cart',
    );
  }
  return {
    range: parseRange(asked, nowMs),
    service: asked.service,
    operation: asked.operation,
    rootService: asked.root_service,
    minDurationNs: nanoseconds(asked.min_duration_ms),
    maxDurationNs: nanoseconds(asked.max_duration_ms),
    status: asked.status,
    rule: asked.rule,
    attributes: asked.attr,
  };
}

function nanoseconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * NS_PER_MS);
}
