// The tail_sampling processor of an OpenTelemetry Collector configuration file, compiled, or every error in words.
import { readFileSync } from 'node:fs';
import { parseCollectorYaml } from '#collector/decide/otelcol/collector-yaml.ts';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import type { CollectorPolicies } from '#collector/decide/otelcol/collector-policies.ts';
import { isMap } from '#collector/decide/written-map.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';
import { UsageError } from '../command.ts';

const BLOCK = 'tail_sampling';
const GATE_PREFIX = 'processor.tailsamplingprocessor.';
const TRACE_STATE_GATE = 'usetracestate';
/** Gates that change nothing in what is kept; a storage extension is refused where it is named. */
const HARMLESS_GATES: ReadonlySet<string> = new Set(['recordpolicy', 'metricstatcountspanssampled', 'tailstorageextension']);

/**
 * undefined when the file is none of the Collector's (known by `processors:`, or the bare block `tail_sampling:`).
 * @throws UsageError with one line per error
 */
export function readCollectorConfig(file: string, gates: readonly string[]): CollectorPolicies | undefined {
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
  const useTraceState = readGates(gates);
  const blocks = Object.entries(isMap(processors) ? processors : {}).filter(([name]) => name === BLOCK || name.startsWith(`${BLOCK}/`));
  const block = bare && isMap(tree) ? tree[BLOCK] : blocks[0]?.[1];
  if (blocks.length > 1) throw new UsageError(`${file}: processors: has ${blocks.length} tail_sampling processors; keep one in the file to simulate`);
  if (!bare && blocks.length === 0) throw new UsageError(`${file}: processors: has no tail_sampling; add one, or give a configuration of Winnow`);
  const compiled = compilePolicies(block, useTraceState);
  if (!compiled.ok) throw new UsageError(compiled.error.map((error) => formatConfigError({ ...error, source: file })).join('\n'));
  return compiled.value;
}

/** Whether usetracestate is switched on; the last word on a gate counts. @throws UsageError for a gate that is not the processor's */
function readGates(gates: readonly string[]): boolean {
  let useTraceState = false;
  for (const gate of gates) {
    const full = gate.replace(/^[+-]/, '');
    // Gates of other components change nothing here; what looks like a slip of the pen is not one of them.
    if (full.includes('.') && !full.startsWith('processor.tail')) continue;
    const name = full.replace(GATE_PREFIX, '');
    if (name === TRACE_STATE_GATE) useTraceState = !gate.startsWith('-');
    else if (!HARMLESS_GATES.has(name)) {
      const known = [TRACE_STATE_GATE, ...HARMLESS_GATES];
      throw new UsageError(`--feature-gates: ${gate} is no gate of tail_sampling that is supported; ${didYouMean(name, known)}; supported: ${known.map((one) => GATE_PREFIX + one).join(', ')}`);
    }
  }
  return useTraceState;
}
