// The Collector's feature gates by its own names: which change decisions, which do not, which are none.
import { expect, test } from 'vitest';
import { readFeatureGates } from '#collector/decide/otelcol/feature-gates.ts';
import { formatConfigError } from '#proto/config/config-error.ts';

const FULL = 'processor.tailsamplingprocessor.';
const isOn = (...gates: readonly string[]): boolean | string => {
  const found = readFeatureGates(gates);
  return found.ok ? found.value.useTraceState : found.error.map(formatConfigError).join('\n');
};

test.each([
  [[], false],
  [[`${FULL}usetracestate`], true],
  [[`+${FULL}usetracestate`], true],
  [['usetracestate'], true],
  [[`-${FULL}usetracestate`], false],
  [[`${FULL}usetracestate`, `-${FULL}usetracestate`], false],
  [[`-${FULL}usetracestate`, `${FULL}usetracestate`], true],
  [[`${FULL}recordpolicy`], false],
  [[`-${FULL}metricstatcountspanssampled`, `${FULL}tailstorageextension`], false],
  [['exporter.prometheus.enable', 'receiver.other'], false],
  [['', '+', '-'], false],
])('%j: %s', (gates, expected) => {
  expect(isOn(...gates)).toBe(expected);
});

test.each([
  [`${FULL}usetracestat`, 'did you mean `usetracestate`?'],
  ['recordpolcy', 'did you mean `recordpolicy`?'],
  [`-${FULL}nothing`, `supported: ${FULL}usetracestate`],
  ['processor.tailsampling.usetracestate', 'is no gate of tail_sampling that is supported'],
])('%s is refused', (gate, message) => {
  expect(isOn(gate)).toContain(`--feature-gates: is no gate of tail_sampling that is supported, got \`${gate}\``);
  expect(isOn(gate)).toContain(message);
});

test('every gate that is none is told', () => {
  expect(String(isOn('a', 'b')).split('\n')).toHaveLength(2);
});
