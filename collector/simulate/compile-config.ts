// A configuration to try, from its text: Winnow's own rules, or a Collector's tail_sampling processor (known by `processors:`).
import { compileRules } from '#collector/decide/compile-rules.ts';
import type { CollectorPolicies } from '#collector/decide/otelcol/collector-policies.ts';
import { parseCollectorYaml } from '#collector/decide/otelcol/collector-yaml.ts';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import type { RuleSet } from '#collector/decide/rule-set.ts';
import { isMap } from '#collector/decide/written-map.ts';
import { configError, type ConfigError, type Result } from '#proto/config/config-error.ts';
import { parseConfig } from '#proto/config/load.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';
import type { Config } from '#proto/config/schema.ts';

const BLOCK = 'tail_sampling';
const GATE_PREFIX = 'processor.tailsamplingprocessor.';
const TRACE_STATE_GATE = 'usetracestate';
/** Gates that change nothing in what is kept; a storage extension is refused where it is named. */
const HARMLESS_GATES: ReadonlySet<string> = new Set(['recordpolicy', 'metricstatcountspanssampled', 'tailstorageextension']);

export type TriedConfig =
  | { readonly kind: 'own'; readonly config: Config; readonly rules: RuleSet }
  | { readonly kind: 'collector'; readonly policies: CollectorPolicies };

/**
 * @param name of the text in messages, such as its file name
 * @param gates the Collector's feature gates; of no meaning for Winnow's own configuration
 */
export function compileConfig(text: string, name: string, gates: readonly string[] = []): Result<TriedConfig, readonly ConfigError[]> {
  const collector = collectorConfig(text, name, gates);
  if (collector !== undefined) return collector;
  const parsed = parseConfig(text, name);
  if (!parsed.ok) return parsed;
  const compiled = compileRules(parsed.value.sampling);
  if (!compiled.ok) return { ok: false, error: compiled.error.map((error) => ({ ...error, source: name })) };
  return { ok: true, value: { kind: 'own', config: parsed.value, rules: compiled.value } };
}

/** undefined when the text is none of the Collector's (known by `processors:`, or the bare block `tail_sampling:`). */
function collectorConfig(text: string, name: string, gates: readonly string[]): Result<TriedConfig, readonly ConfigError[]> | undefined {
  let tree: unknown;
  try {
    tree = parseCollectorYaml(text);
  } catch {
    // Winnow's own reader says where the YAML is broken.
    return undefined;
  }
  const processors = isMap(tree) ? tree['processors'] : undefined;
  const bare = isMap(tree) && tree[BLOCK] !== undefined;
  if (processors === undefined && !bare) return undefined;
  const useTraceState = readGates(gates);
  if (typeof useTraceState !== 'boolean') return { ok: false, error: [useTraceState] };
  const blocks = Object.entries(isMap(processors) ? processors : {}).filter(([key]) => key === BLOCK || key.startsWith(`${BLOCK}/`));
  const block = bare && isMap(tree) ? tree[BLOCK] : blocks[0]?.[1];
  if (blocks.length > 1) return { ok: false, error: [configError('processors', undefined, `has ${blocks.length} tail_sampling processors`, 'keep one in the file to simulate', name)] };
  if (!bare && blocks.length === 0) return { ok: false, error: [configError('processors', undefined, 'has no tail_sampling', 'add one, or give a configuration of Winnow', name)] };
  const compiled = compilePolicies(block, useTraceState);
  if (!compiled.ok) return { ok: false, error: compiled.error.map((error) => ({ ...error, source: name })) };
  return { ok: true, value: { kind: 'collector', policies: compiled.value } };
}

/** Whether usetracestate is switched on; the last word on a gate counts. */
function readGates(gates: readonly string[]): boolean | ConfigError {
  let useTraceState = false;
  for (const gate of gates) {
    const full = gate.replace(/^[+-]/, '');
    // Gates of other components change nothing here; what looks like a slip of the pen is not one of them.
    if (full.includes('.') && !full.startsWith('processor.tail')) continue;
    const short = full.replace(GATE_PREFIX, '');
    if (short === TRACE_STATE_GATE) useTraceState = !gate.startsWith('-');
    else if (!HARMLESS_GATES.has(short)) {
      const known = [TRACE_STATE_GATE, ...HARMLESS_GATES];
      return configError('--feature-gates', gate, 'is no gate of tail_sampling that is supported', `${didYouMean(short, known)}; supported: ${known.map((one) => GATE_PREFIX + one).join(', ')}`);
    }
  }
  return useTraceState;
}
