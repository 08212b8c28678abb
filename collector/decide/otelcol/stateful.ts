// Policies whose answer on one batch says nothing final: the strategy span-ingest refuses them, as the Collector does.
import { isMap } from '../rules/written-map.ts';

const ALWAYS: ReadonlySet<string> = new Set(['rate_limiting', 'bytes_limiting']);
const WITH_UPPER_BOUND: Readonly<Record<string, string>> = { latency: 'upper_threshold_ms', span_count: 'max_spans' };
const INNER: Readonly<Record<string, string>> = {
  and: 'and_sub_policy',
  not: 'not_sub_policy',
  drop: 'drop_sub_policy',
  composite: 'composite_sub_policy',
};

/** @param policy as written and already found valid */
export function isStateful(policy: unknown): boolean {
  if (!isMap(policy)) return false;
  const type = String(policy['type']);
  if (ALWAYS.has(type)) return true;
  const block = policy[type];
  if (!isMap(block)) return false;
  const bound = WITH_UPPER_BOUND[type];
  if (bound !== undefined) return Number(block[bound] ?? 0) > 0;
  const inner = INNER[type];
  if (inner === undefined) return false;
  const listed = block[inner];
  return Array.isArray(listed) ? listed.some(isStateful) : isStateful(listed);
}
