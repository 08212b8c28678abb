// What `sampling` says, as the decider in force: own rules, or a Collector's policies; mistakes of either with their paths.
import { expect, test } from 'vitest';
import { compileSampling } from '#collector/decide/rules/compile-sampling.ts';
import { RuleDecider } from '#collector/decide/rules/rule-decider.ts';
import { PolicyDecider } from '#collector/decide/otelcol/policy-decider.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { loadConfig } from '#proto/config/load.ts';

function compiled(text: string, ...argv: readonly string[]) {
  const loaded = loadConfig({ argv: ['--config', 'some.yaml', ...argv], env: {}, readFile: () => text });
  if (!loaded.ok) throw new Error(loaded.error.map(formatConfigError).join('\n'));
  return compileSampling(loaded.value.config.sampling, loaded.value.blockPath);
}

const BLOCK = 'tail_sampling: { policies: [{ name: all, type: always_sample }] }';

test('own rules where nothing else is written', () => {
  for (const text of [
    '',
    'sampling: { rules: [{ name: all, keep: 5% }] }',
    'sampling: { budget: { spans_per_second: 5 } }',
  ]) {
    const decider = compiled(text);
    expect(decider.ok && decider.value).toBeInstanceOf(RuleDecider);
  }
});

test("a Collector's policies where a block is, with its waits", () => {
  for (const text of [BLOCK, `sampling: { ${BLOCK} }`]) {
    const decider = compiled(text);
    expect(decider.ok && decider.value).toBeInstanceOf(PolicyDecider);
    expect(decider.ok && decider.value.waits?.maxMs).toBe(30_000);
  }
});

test('mistakes in rules, in policies and in gates', () => {
  const mistakes = (text: string, ...argv: readonly string[]): string => {
    const decider = compiled(text, ...argv);
    return decider.ok ? '' : decider.error.map(formatConfigError).join('\n');
  };
  expect(mistakes('sampling: { rules: [{ name: a, keep: 500% }] }')).toContain('sampling.rules[0].keep');
  expect(mistakes(BLOCK.replace('always_sample', 'sometimes'))).toContain('policies[0].type: is no policy type');
  expect(mistakes(BLOCK, '--feature-gates=processor.tailsamplingprocessor.nothing')).toContain('--feature-gates');
  expect(mistakes(BLOCK, '--feature-gates=processor.tailsamplingprocessor.usetracestate')).toBe('');
});
