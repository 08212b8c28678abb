// What in a valid tail_sampling block is probably not what its author meant: the Collector's own known traps, with value and remedy.
import { shown } from '#proto/config/config-error.ts';
import { isMap } from '../../rules/written-map.ts';
import type { LintFinding } from '../../rules/lint-rules.ts';
import { contentOf, LintedPolicy } from './finding.ts';
import { lintBooleanAttribute, lintNumericAttribute, lintStringAttribute, lintTraceState } from './lint-attributes.ts';
import { lintAnd, lintComposite } from './lint-combined.ts';
import {
  lintLatency,
  lintProbabilistic,
  lintRate,
  lintSpanCount,
  lintStatusCode,
  type BiggestTrace,
} from './lint-measures.ts';
import { lintOttl } from './lint-ottl.ts';

const BY_TYPE: Readonly<Record<string, (policy: LintedPolicy) => void>> = {
  numeric_attribute: lintNumericAttribute,
  string_attribute: lintStringAttribute,
  boolean_attribute: lintBooleanAttribute,
  trace_state: lintTraceState,
  latency: lintLatency,
  span_count: lintSpanCount,
  probabilistic: lintProbabilistic,
  status_code: lintStatusCode,
  and: lintAnd,
  drop: lintAnd,
  composite: lintComposite,
  ottl_condition: lintOttl,
};
const DEFAULT_NUM_TRACES = 50_000;

export interface PolicyLintOptions {
  /** Where the block stands. */
  readonly path: string;
  /** Of the captures, if there are any. */
  readonly biggest?: BiggestTrace | undefined;
}

/** @param block as written and already found valid by compilePolicies */
export function lintPolicies(block: unknown, { path, biggest }: PolicyLintOptions): LintFinding[] {
  const findings: LintFinding[] = [];
  const top = isMap(block) ? block : {};
  const listed = Array.isArray(top['policies']) ? top['policies'] : [];
  const policies = listed.flatMap((one, i) =>
    isMap(one) ? [new LintedPolicy(one, `${path}.policies[${i}]`, findings)] : [],
  );
  lintTop(top, policies, path, findings);
  lintReach(policies, top['sample_on_first_match'] === true);
  const shards = Number(top['num_shards'] ?? 1);
  for (const policy of policies) lintPolicy(policy, biggest, shards);
  return findings;
}

function lintPolicy(policy: LintedPolicy, biggest: BiggestTrace | undefined, shards: number): void {
  for (const key of Object.keys(policy.written)) {
    if (key === 'name' || key === 'type' || key === policy.type || policy.written[key] === null) continue;
    policy.report(
      '',
      `its block \`${key}\` is never looked at: the type is \`${policy.type}\``,
      `take the block out, or write type: ${key}`,
    );
  }
  if (policy.type === 'rate_limiting' || policy.type === 'bytes_limiting') lintRate(policy, biggest, shards);
  else BY_TYPE[policy.type]?.(policy);
  for (const sub of policy.subs()) lintPolicy(sub, biggest, shards);
}

/** Policies that can change nothing. */
function lintReach(policies: readonly LintedPolicy[], firstMatch: boolean): void {
  const votes = policies.filter((policy) => policy.type !== 'drop');
  const seen = new Map<string, string>();
  for (const policy of policies) {
    const content = contentOf(policy.written);
    const twin = seen.get(content);
    if (twin !== undefined)
      policy.report('', `\`${policy.name}\` says the same as \`${twin}\` above it`, 'remove one of the two');
    else seen.set(content, policy.name);
  }
  const all = votes.findIndex((policy) => policy.type === 'always_sample');
  if (all < 0 || votes.length === 1) return;
  const catchAll = votes[all]!;
  if (!firstMatch) {
    catchAll.report(
      '',
      `\`${catchAll.name}\` keeps every trace that no drop policy takes: votes are joined by or, so the other policies change nothing`,
      'remove it, or the others',
    );
    return;
  }
  for (const policy of votes.slice(all + 1))
    policy.report(
      '',
      `\`${policy.name}\` is never asked: \`${catchAll.name}\` above it keeps every trace, and sample_on_first_match stops there`,
      'move it above',
    );
}

function lintTop(
  top: Readonly<Record<string, unknown>>,
  policies: readonly LintedPolicy[],
  path: string,
  findings: LintFinding[],
): void {
  const report = (key: string, message: string, remedy: string): void =>
    void findings.push({ path: `${path}.${key}`, message, remedy });
  if (policies.length === 0) report('policies', 'is empty: nothing is kept', 'list at least one policy');
  const drops = policies.filter((policy) => policy.type === 'drop');
  if (policies.length > 0 && drops.length === policies.length)
    report(
      'policies',
      'holds policies of type drop alone: nothing is ever kept',
      'add what is to be kept, as { name: rest, type: always_sample }',
    );
  if (top['sampling_strategy'] === 'span-ingest' && drops.length > 0) {
    report(
      'sampling_strategy',
      `\`span-ingest\` with the drop policy \`${drops[0]!.name}\`: what it has not matched yet is held back and in the end not kept, so nothing is ever kept`,
      'write sampling_strategy: trace-complete',
    );
  }
  const numTraces = Number(top['num_traces'] ?? DEFAULT_NUM_TRACES);
  const expected = Number(top['expected_new_traces_per_sec'] ?? 0);
  const wait = secondsOf(top['decision_wait'] ?? '30s');
  if (expected * wait > numTraces) {
    report(
      'num_traces',
      `\`${numTraces}\` is less than expected_new_traces_per_sec \`${expected}\` times decision_wait (${wait} s): the Collector lets traces go undecided`,
      `write num_traces: ${Math.ceil(expected * wait)} or more`,
    );
  }
  lintCaches(top['decision_cache'], numTraces, report);
  const afterRoot = top['decision_wait_after_root_received'];
  if (afterRoot !== undefined && secondsOf(afterRoot) >= wait)
    report(
      'decision_wait_after_root_received',
      `\`${shown(afterRoot)}\` is not shorter than decision_wait and never comes to act`,
      'make it shorter',
    );
  for (const key of ['decision_wait', 'decision_wait_after_root_received']) {
    const seconds = secondsOf(top[key] ?? '0s');
    if (seconds % 1 !== 0)
      report(key, `\`${shown(top[key])}\` is cut to whole seconds, at least one`, 'write whole seconds');
  }
}

function lintCaches(
  written: unknown,
  numTraces: number,
  report: (key: string, message: string, remedy: string) => void,
): void {
  if (!isMap(written)) return;
  for (const key of ['sampled_cache_size', 'non_sampled_cache_size']) {
    const size = Number(written[key] ?? 0);
    if (size < 0)
      report(`decision_cache.${key}`, `\`${size}\` means no cache`, 'write a size above 0, or leave it away');
    else if (size > 0 && size < numTraces)
      report(
        `decision_cache.${key}`,
        `\`${size}\` is less than num_traces \`${numTraces}\`: late spans of traces that were forgotten for lack of room are decided anew, maybe differently`,
        `write ${numTraces * 10} or so`,
      );
  }
}

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  '\u00b5s': 1e-6,
  '\u03bcs': 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** A duration as Go writes it; 0 for the number 0. */
function secondsOf(written: unknown): number {
  if (typeof written !== 'string') return 0;
  let seconds = 0;
  for (const [, count, unit] of written.matchAll(/(\d*\.?\d+|\d+\.)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g))
    seconds += Number(count) * UNIT_SECONDS[unit!]!;
  return seconds;
}
