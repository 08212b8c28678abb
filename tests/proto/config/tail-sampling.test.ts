// A Collector's tail_sampling block in its three ways into the configuration, and what is said of mistakes around it.
import { describe, expect, test } from 'vitest';
import { formatConfigError } from '#proto/config/config-error.ts';
import { loadConfig, type LoadedConfig } from '#proto/config/load.ts';

function load(file: string, argv: string[] = [], env: Record<string, string> = {}) {
  return loadConfig({ argv: ['--config', 'some.yaml', ...argv], env, readFile: () => file });
}

function loaded(file: string, argv: string[] = [], env: Record<string, string> = {}): LoadedConfig {
  const result = load(file, argv, env);
  if (!result.ok) throw new Error(result.error.map(formatConfigError).join('\n'));
  return result.value;
}

function errorOf(file: string, argv: string[] = [], env: Record<string, string> = {}): string {
  const result = load(file, argv, env);
  return result.ok ? '' : result.error.map(formatConfigError).join('\n');
}

const BLOCK = 'policies: [{ name: all, type: always_sample }]';
const POLICIES = { policies: [{ name: 'all', type: 'always_sample' }] };
const COLLECTOR = `
receivers: { otlp: { protocols: { grpc: {} } } }
processors:
  batch:
  tail_sampling: { ${BLOCK} }
  tail_sampling/errors: { policies: [] }
exporters: { otlp/tempo: { endpoint: tempo:4317 } }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [tail_sampling, batch], exporters: [otlp/tempo] }
    logs: { receivers: [otlp], exporters: [otlp/tempo] }
`;

describe('a tail_sampling block', () => {
  test('stands under sampling, or at the top of the file, or comes by flag', () => {
    expect(loaded(`sampling: { tail_sampling: { ${BLOCK} } }`)).toMatchObject({
      blockPath: 'sampling.tail_sampling',
      config: { sampling: { tail_sampling: POLICIES } },
    });
    expect(loaded(`store: none\ntail_sampling: { ${BLOCK} }`)).toMatchObject({
      blockPath: 'tail_sampling',
      config: { store: 'none', sampling: { tail_sampling: POLICIES } },
    });
    expect(loaded('store: none', [`--sampling.tail_sampling={ ${BLOCK} }`]).config.sampling.tail_sampling).toEqual(
      POLICIES,
    );
    expect(errorOf(`tail_sampling: { ${BLOCK} }\nsampling: { tail_sampling: { ${BLOCK} } }`)).toContain(
      'write the block once',
    );
  });

  test('is read as the Collector reads it: merge keys, integers of 64 bits; an empty one has no policies', () => {
    const text =
      'tail_sampling:\n  policies:\n    - &one { name: a, type: numeric_attribute, numeric_attribute: { key: k, min_value: 9223372036854775806 } }\n    - { <<: *one, name: b }\n';
    const { policies } = loaded(text).config.sampling.tail_sampling as { policies: unknown[] };
    expect(policies[1]).toEqual({
      name: 'b',
      type: 'numeric_attribute',
      numeric_attribute: { key: 'k', min_value: 9_223_372_036_854_775_806n },
    });
    expect(loaded('tail_sampling:\n').config.sampling.tail_sampling).toEqual({});
  });

  test('is taken out of a Collector file: the processor that a traces pipeline uses, with a word on everything else', () => {
    const { config, blockPath, notices } = loaded(COLLECTOR, ['--store', 'none'], { WINNOW_CLICKHOUSE_USER: 'me' });
    expect(config.sampling.tail_sampling).toEqual(POLICIES);
    expect([blockPath, config.store, config.clickhouse.user]).toEqual(['processors.tail_sampling', 'none', 'me']);
    expect(notices).toEqual([
      "decides by processors.tail_sampling of some.yaml (of pipeline traces); not taken: receivers otlp; processors batch, tail_sampling/errors; exporters otlp/tempo; service pipelines. Listeners and storage are Winnow's own: flags, variables",
    ]);
  });

  test('of several in use one must be named; of one alone it is no matter', () => {
    const two = COLLECTOR.replace('[tail_sampling, batch]', '[tail_sampling, tail_sampling/errors]');
    expect(errorOf(two)).toContain(
      'processors (some.yaml): has 2 tail_sampling processors that traces pipelines use, got `tail_sampling, tail_sampling/errors`; name the one to decide by, as --sampling.processor=tail_sampling/NAME',
    );
    expect(loaded(two, ['--sampling.processor=tail_sampling/errors']).config.sampling.tail_sampling).toEqual({
      policies: [],
    });
    expect(errorOf(two, ['--sampling.processor=tail_sampling/error'])).toContain(
      'did you mean `tail_sampling/errors`?',
    );
    expect(loaded(`processors: { tail_sampling/x: { ${BLOCK} } }`).notices[0]).toContain('no traces pipeline uses it');
    expect(errorOf('processors: { batch: }')).toContain('has no tail_sampling');
  });

  test("Winnow's own keys in a Collector file are refused with what to do", () => {
    expect(errorOf(`${COLLECTOR}listen: { http: ':80' }\n`)).toContain(
      "listen (some.yaml): is no section of a Collector's configuration; a file with processors: is read as",
    );
  });

  test.each(['tail_sampling: BLOCK', 'sampling: { tail_sampling: BLOCK }'])(
    "variables in a block of Winnow's own file, %s, are replaced as well",
    (file) => {
      const text = file.replace(
        'BLOCK',
        '{ decision_wait: "${env:WAIT:-5s}", policies: [{ name: "a$$b", type: "${TYPE}" }] }',
      );
      expect(loaded(text, [], { TYPE: 'always_sample' }).config.sampling.tail_sampling).toEqual({
        decision_wait: '5s',
        policies: [{ name: 'a$b', type: 'always_sample' }],
      });
      expect(errorOf(text)).toContain('tail_sampling.policies[0].type (some.yaml): is not set in the environment');
    },
  );

  test('variables in a Collector file are replaced, with the type that their text has', () => {
    const text =
      'processors: { tail_sampling: { decision_wait: "${env:WAIT:-5s}", num_traces: "${COUNT}", policies: [{ name: "a$$b", type: always_sample }] } }';
    expect(loaded(text, [], { COUNT: '7' }).config.sampling.tail_sampling).toEqual({
      decision_wait: '5s',
      num_traces: 7n,
      policies: [{ name: 'a$b', type: 'always_sample' }],
    });
    expect(errorOf(text)).toContain(
      'processors.tail_sampling.num_traces (some.yaml): is not set in the environment, got `${COUNT}`; set COUNT, or write ${env:COUNT:-default}',
    );
  });

  test('does not go together with rules, budget, floor or linked traces', () => {
    const text = `tail_sampling: { ${BLOCK} }\nsampling:\n  rules: [{ name: all, keep: 5% }]\n  budget: { spans_per_second: 5 }\n  linked: producer\n`;
    expect(errorOf(text).split('\n')).toEqual([
      "sampling.rules (some.yaml:3): stands beside tail_sampling; keep one of the two: tail_sampling decides by a Collector's policies, rules by Winnow's own",
      "sampling.budget (some.yaml:4): stands beside tail_sampling; keep one of the two: tail_sampling decides by a Collector's policies, rules by Winnow's own",
      "sampling.linked (some.yaml:5): stands beside tail_sampling; keep one of the two: tail_sampling decides by a Collector's policies, rules by Winnow's own",
    ]);
  });

  test("feature gates come by the Collector's own flag, by ours, by variable and in the file", () => {
    const gates = ['processor.tailsamplingprocessor.usetracestate', '-x.y'];
    expect(loaded('', [`--feature-gates=${gates.join(',')}`]).config.sampling.feature_gates).toEqual(gates);
    expect(loaded('', ['--feature-gates', gates[0]!]).config.sampling.feature_gates).toEqual([gates[0]]);
    expect(loaded('', [], { WINNOW_SAMPLING_FEATURE_GATES: gates.join(',') }).config.sampling.feature_gates).toEqual(
      gates,
    );
    expect(loaded(`sampling: { feature_gates: [${gates.join(',')}] }`).config.sampling.feature_gates).toEqual(gates);
  });

  test('the line of a mistake inside the block can be told', () => {
    const { sourceOf } = loaded('tail_sampling:\n  policies:\n    - name: a\n      type: bogus\n');
    expect(sourceOf('tail_sampling.policies[0].type')).toBe('some.yaml:4');
    expect(
      loaded('', [`--sampling.tail_sampling={ ${BLOCK} }`]).sourceOf('sampling.tail_sampling.policies[0].type'),
    ).toBe('--sampling.tail_sampling');
  });
});
