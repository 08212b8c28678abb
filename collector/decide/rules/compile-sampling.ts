// What `sampling` says, as the decider in force: Winnow's own rules, or a Collector's tail_sampling policies.
import type { ConfigError, Result } from '#proto/config/config-error.ts';
import type { SamplingConfig } from '#proto/config/schema.ts';
import { compileRules } from './compile-rules.ts';
import type { Decider } from '../decider.ts';
import { compilePolicies } from '../otelcol/compile-policies.ts';
import { readFeatureGates } from '../otelcol/feature-gates.ts';
import { PolicyDecider } from '../otelcol/policy-decider.ts';
import { RuleDecider } from './rule-decider.ts';

/** @param blockPath where the tail_sampling block stands, for messages */
export function compileSampling(sampling: SamplingConfig, blockPath: string): Result<Decider, readonly ConfigError[]> {
  const gates = readFeatureGates(sampling.feature_gates);
  if (!gates.ok) return gates;
  if (sampling.tail_sampling === undefined) {
    const rules = compileRules(sampling);
    return rules.ok ? { ok: true, value: new RuleDecider(rules.value) } : rules;
  }
  const policies = compilePolicies(sampling.tail_sampling, gates.value.useTraceState, blockPath);
  return policies.ok ? { ok: true, value: new PolicyDecider(policies.value) } : policies;
}
