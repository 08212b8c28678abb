// The Collector's feature gates, by its own names: which of them change decisions here.
import { configError, type ConfigError, type Result } from '#proto/config/config-error.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';

const GATE_PREFIX = 'processor.tailsamplingprocessor.';
const TRACE_STATE_GATE = 'usetracestate';
/** Gates that change nothing in what is kept; a storage extension is refused where it is named. */
const HARMLESS_GATES: ReadonlySet<string> = new Set([
  'recordpolicy',
  'metricstatcountspanssampled',
  'tailstorageextension',
]);

/** Whether usetracestate is switched on; the last word on a gate counts, `-` before it switches it off. */
export function readFeatureGates(
  gates: readonly string[],
): Result<{ readonly useTraceState: boolean }, readonly ConfigError[]> {
  const errors: ConfigError[] = [];
  let useTraceState = false;
  for (const gate of gates) {
    const full = gate.replace(/^[+-]/, '');
    // Gates of other components change nothing here; what looks like a slip of the pen is not one of them.
    if (full === '' || (full.includes('.') && !full.startsWith('processor.tail'))) continue;
    const name = full.replace(GATE_PREFIX, '');
    if (name === TRACE_STATE_GATE) useTraceState = !gate.startsWith('-');
    else if (!HARMLESS_GATES.has(name)) {
      const known = [TRACE_STATE_GATE, ...HARMLESS_GATES];
      const remedy = `${didYouMean(name, known)}; supported: ${known.map((one) => GATE_PREFIX + one).join(', ')}`;
      errors.push(configError('--feature-gates', gate, 'is no gate of tail_sampling that is supported', remedy));
    }
  }
  return errors.length > 0 ? { ok: false, error: errors } : { ok: true, value: { useTraceState } };
}
