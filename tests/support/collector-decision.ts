// Decides written traces by a written tail_sampling block, as one tick of the Collector would.
import { parseCollectorYaml } from '#proto/config/collector-file.ts';
import type { CollectorPolicies } from '#collector/decide/otelcol/collector-policies.ts';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import type { ReceivedTrace } from '#collector/decide/otelcol/policy-cursor.ts';
import { viewBytes } from '#collector/decide/otelcol/pdata-size.ts';
import type { PolicyDecision } from '#collector/decide/otelcol/policy-set.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { writtenTrace, type WrittenSpan } from './written-trace.ts';

function compiled(yaml: string, useTraceState: boolean): CollectorPolicies {
  const result = compilePolicies(parseCollectorYaml(yaml), useTraceState);
  if (!result.ok) throw new Error(result.error.map(formatConfigError).join('\n'));
  return result.value;
}

export function received(spans: readonly WrittenSpan[], id?: string): ReceivedTrace {
  const view = writtenTrace(spans, id);
  return { view, traceSpans: view.count, sizeBytes: () => viewBytes(view) };
}

/** The policies in force, one set per shard. @param top other keys of the block */
export function compiledShards(policies: string, top = 'num_shards: 1'): CollectorPolicies['shards'] {
  return compiled(`{ ${top}, policies: ${policies} }`, false).shards;
}

/** Decisions on several traces of one tick. @param policies YAML of the list */
export function tickOf(policies: string, traces: readonly ReceivedTrace[], useTraceState = false): PolicyDecision[] {
  return compiled(`policies: ${policies}`, useTraceState).shards[0]!.decideTick(traces);
}

/** Who decided on the one trace and how: `+name` kept, `-name` dropped, '' nobody. */
export function decide(policies: string, ...spans: WrittenSpan[]): string {
  const [decision] = tickOf(policies, [received(spans)]);
  return decision?.policy === undefined ? '' : `${decision.keep ? '+' : '-'}${decision.policy}`;
}

/** All errors of a block in words, '' when it is valid. */
export function errorsOf(yaml: string): string {
  const result = compilePolicies(parseCollectorYaml(yaml));
  return result.ok ? '' : result.error.map(formatConfigError).join('\n');
}

/** What is wrong with the block of a policy of that type, paths from the block on; '' when nothing is. */
export function refusal(type: string, block: string): string {
  return errorsOf(`policies: ${policy(type, block)}`).replaceAll(`tail_sampling.policies[0].${type}`, '');
}

/** One policy as a list. @param block YAML of the block named after the type, in braces */
export function policy(type: string, block = '{}'): string {
  return `[{ name: p, type: ${type}, ${type}: ${block} }]`;
}

/** Attribute k with that value. */
export function withK(value: Record<string, unknown>): WrittenSpan {
  return { attributes: { k: value } };
}
