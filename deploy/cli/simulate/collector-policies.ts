// The tail_sampling processor of an OpenTelemetry Collector configuration file, compiled, or every error in words.
import { readFileSync } from 'node:fs';
import { parseCollectorYaml } from '#collector/decide/otelcol/collector-yaml.ts';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import type { PolicySet } from '#collector/decide/otelcol/policy-set.ts';
import { isMap } from '#collector/decide/written-map.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { UsageError } from '../command.ts';

const BLOCK = 'tail_sampling';
const GATE_PREFIX = 'processor.tailsamplingprocessor.';
/** Gates that change nothing in what is kept. */
const HARMLESS_GATES: ReadonlySet<string> = new Set(['recordpolicy', 'metricstatcountspanssampled']);

/**
 * undefined when the file is none of the Collector's (known by `processors:`, or the bare block `tail_sampling:`).
 * @throws UsageError with one line per error
 */
export function readCollectorConfig(file: string, gates: readonly string[]): PolicySet | undefined {
  let tree: unknown;
  try {
    tree = parseCollectorYaml(readFileSync(file, 'utf8'));
  } catch {
    // Winnow's own reader says where the YAML is broken.
    return undefined;
  }
  const processors = isMap(tree) ? tree['processors'] : undefined;
  const bare = isMap(tree) && tree[BLOCK] !== undefined;
  if (processors === undefined && !bare) return undefined;
  for (const gate of gates) {
    const name = gate.replace(/^[+]/, '').replace(GATE_PREFIX, '');
    if (gate.startsWith('-') || HARMLESS_GATES.has(name)) continue;
    throw new UsageError(`--feature-gates: ${gate} is not supported yet; supported: ${[...HARMLESS_GATES].map((one) => GATE_PREFIX + one).join(', ')}`);
  }
  const blocks = Object.entries(isMap(processors) ? processors : {}).filter(([name]) => name === BLOCK || name.startsWith(`${BLOCK}/`));
  const block = bare && isMap(tree) ? tree[BLOCK] : blocks[0]?.[1];
  if (blocks.length > 1) throw new UsageError(`${file}: processors: has ${blocks.length} tail_sampling processors; keep one in the file to simulate`);
  if (!bare && blocks.length === 0) throw new UsageError(`${file}: processors: has no tail_sampling; add one, or give a configuration of Winnow`);
  const compiled = compilePolicies(block);
  if (!compiled.ok) throw new UsageError(compiled.error.map((error) => formatConfigError({ ...error, source: file })).join('\n'));
  return compiled.value;
}
