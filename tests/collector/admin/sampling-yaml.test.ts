// GET /config answers what is in force, and its answer is a valid configuration file.
import { expect, test } from 'vitest';
import { samplingYaml } from '#collector/admin/sampling-yaml.ts';
import { loadConfig } from '#proto/config/load.ts';
import { isOfQuery, SETTINGS, valueOf } from '#proto/config/settings.ts';

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

// Another value than the default for each kind of setting; what has a structure is above.
const OTHERS: Readonly<Record<string, string>> = {
  duration: '1500ms',
  percentage: '12.5%',
  'true or false': 'false',
  'own or producer': 'producer',
  'trace or debug or info or warn or error or fatal or none': 'warn',
};
const RELOADED = SETTINGS.filter(({ key, reload }) => reload && !isOfQuery(key));
const SIMPLE = RELOADED.filter(({ type }) => type in OTHERS);

test.each(SIMPLE.map(({ key, type }) => [key, OTHERS[type]!]))('%s is told as it is in force', (key, text) => {
  const inForce = key === 'sampling.wait.max' ? '10s' : text; // it is no shorter than the other waits
  const loaded = loadConfig({ argv: ['--config', 'some.yaml', `--${key}=${inForce}`], env: {}, readFile: () => '{}' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  const before = loaded.value.config;
  expect(valueOf(before, key)).not.toEqual(valueOf(sampling('{}'), key));
  expect(valueOf(sampling(samplingYaml(before)), key)).toEqual(valueOf(before, key));
});

test('every setting that a reload can change is told, or has a test above', () => {
  const structured = RELOADED.filter((setting) => !SIMPLE.includes(setting)).map(({ key }) => key);
  expect(structured).toEqual([
    'sampling.rules',
    'sampling.budget',
    'sampling.floor',
    'sampling.tail_sampling',
    'sampling.feature_gates',
    'sampling.processor', // names a part of the file: its block is told
  ]);
});
