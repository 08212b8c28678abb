// A configuration to try, from its text: Winnow's own rules, or a Collector's tail_sampling policies.
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import type { CollectorPolicies } from '#collector/decide/otelcol/collector-policies.ts';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import { readFeatureGates } from '#collector/decide/otelcol/feature-gates.ts';
import type { RuleSet } from '#collector/decide/rules/rule-set.ts';
import type { ConfigError, Result } from '#proto/config/config-error.ts';
import { parseConfig } from '#proto/config/load.ts';
import type { Config } from '#proto/config/schema.ts';

export type TriedConfig =
  | { readonly kind: 'own'; readonly config: Config; readonly rules: RuleSet }
  | { readonly kind: 'collector'; readonly policies: CollectorPolicies };

/**
 * @param name of the text in messages, such as its file name
 * @param gates the Collector's feature gates beside those in the text; of no meaning for Winnow's own rules
 */
export function compileConfig(
  text: string,
  name: string,
  gates: readonly string[] = [],
): Result<TriedConfig, readonly ConfigError[]> {
  const parsed = parseConfig(text, name);
  if (!parsed.ok) return parsed;
  const { config, blockPath, sourceOf } = parsed.value;
  const { tail_sampling: block, feature_gates: written } = config.sampling;
  const refused = (errors: readonly ConfigError[]): Result<TriedConfig, readonly ConfigError[]> => ({
    ok: false,
    error: errors.map((error) => ({ ...error, source: sourceOf(error.path) })),
  });
  if (block === undefined) {
    const rules = compileRules(config.sampling);
    return rules.ok ? { ok: true, value: { kind: 'own', config, rules: rules.value } } : refused(rules.error);
  }
  const read = readFeatureGates([...written, ...gates]);
  if (!read.ok) return read;
  const policies = compilePolicies(block, read.value.useTraceState, blockPath);
  return policies.ok ? { ok: true, value: { kind: 'collector', policies: policies.value } } : refused(policies.error);
}
