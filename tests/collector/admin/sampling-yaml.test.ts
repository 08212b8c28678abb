// What GET /config tells is what is in force, and can be given back as a configuration.
import { expect, test } from 'vitest';
import { samplingYaml } from '#collector/admin/sampling-yaml.ts';
import { loadConfig } from '#proto/config/load.ts';

function sampling(text: string) {
  const loaded = loadConfig({ argv: ['--config', 'some.yaml'], env: {}, readFile: () => text });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value.config;
}

test("a Collector's block and its gates are told as they are in force, integers of 64 bits included", () => {
  const block =
    '{ decision_wait: 5s, policies: [{ name: a, type: numeric_attribute, numeric_attribute: { key: k, min_value: 9223372036854775806 } }] }';
  for (const text of [
    `processors: { tail_sampling: ${block} }`,
    `tail_sampling: ${block}\nsampling: { feature_gates: [-x.y] }`,
  ]) {
    const before = sampling(text);
    const after = sampling(samplingYaml(before));
    expect(after.sampling.tail_sampling).toEqual(before.sampling.tail_sampling);
    expect(after.sampling.feature_gates).toEqual(before.sampling.feature_gates);
  }
});

test('own rules are told, those of no configuration too', () => {
  expect(sampling(samplingYaml(sampling('sampling: { rules: [{ name: all, keep: 5% }] }'))).sampling.rules).toEqual([
    { name: 'all', keep: '5%' },
  ]);
  expect(sampling(samplingYaml(sampling(''))).sampling.rules?.length).toBeGreaterThan(0);
});
