// Texts to try: which kind they are, and mistakes with the line they stand in.
import { expect, it } from 'vitest';
import { compileConfig } from '#collector/simulate/compile-config.ts';
import { simulate } from '#collector/simulate/simulate.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';
import { writtenRequest } from '#tests/support/written-trace.ts';

it('tells Winnow’s own from a Collector’s by `processors:` or a bare block', () => {
  const kinds = [
    'sampling: { rules: [{ name: a, keep: 5% }] }',
    '',
    'processors: { tail_sampling: { policies: [{ name: a, type: always_sample }] } }',
    'tail_sampling: { policies: [{ name: a, type: always_sample }] }',
  ].map((text) => {
    const compiled = compileConfig(text, 'test');
    return compiled.ok ? compiled.value.kind : compiled.error;
  });
  expect(kinds).toEqual(['own', 'own', 'collector', 'collector']);
});

it('points at the line of a mistake in a rule, a setting, a policy or the YAML itself', () => {
  const sources = [
    'sampling:\n  rules:\n    - name: a\n      keep: 150%\n',
    'sampling:\n  wait:\n    quiet: soon\n',
    'sampling: [\n',
    'store: none\nsampling:\n  rules:\n    - { name: a, when: { any: { sttus: error } }, keep: 1% }\n',
  ].map((text) => {
    const compiled = compileConfig(text, 'test');
    return compiled.ok ? '' : compiled.error[0]?.source;
  });
  expect(sources).toEqual(['test:4', 'test:3', expect.stringMatching(/^test:\d$/) as string, 'test:4']);
});

it('refuses a file with several tail_sampling processors or none, and unknown gates', () => {
  const said = (text: string, gates: string[] = []): string => {
    const compiled = compileConfig(text, 'test', gates);
    return compiled.ok ? '' : (compiled.error[0]?.message ?? '');
  };
  expect(said('processors: { batch: {} }')).toBe('has no tail_sampling');
  expect(said('processors: { tail_sampling/a: {}, tail_sampling/b: {} }')).toBe('has 2 tail_sampling processors');
  expect(said('tail_sampling: { policies: [{ name: a, type: always_sample }] }', ['usetracestat'])).toContain(
    'is no gate',
  );
});

it('decides the same traces by either kind', () => {
  const traces = new WholeTraces(100);
  traces.add(writtenRequest([{ status: 2 }], '0'.repeat(31) + '1'));
  traces.add(writtenRequest([{}], '0'.repeat(31) + '2'));
  for (const text of [
    'sampling: { rules: [{ name: errors, when: { any: { status: error } }, keep: 100% }] }',
    'tail_sampling: { policies: [{ name: errors, type: status_code, status_code: { status_codes: [ERROR] } }] }',
  ]) {
    const compiled = compileConfig(text, 'test');
    if (!compiled.ok) throw new Error(compiled.error[0]?.message);
    expect(simulate(traces, compiled.value).map(({ decision, rule }) => [decision, rule])).toEqual([
      ['keep', 'errors'],
      ['drop', null],
    ]);
  }
});

it('answers texts that would exhaust it with an error: nested aliases, endless nesting, bytes that are no text', () => {
  const letters = 'abcdefghij'.split('');
  const bomb = letters
    .map(
      (letter, i) =>
        `${letter}: &${letter} [${Array.from({ length: 9 }, () => (i === 0 ? 'x' : `*${letters[i - 1]}`)).join(',')}]\n`,
    )
    .join('');
  const deep = `sampling: { rules: [{ name: a, keep: 1%, when: ${'{ not: '.repeat(20_000)}{}${'}'.repeat(20_000)} }] }`;
  for (const text of [`${bomb}sampling: { rules: *j }`, deep, '['.repeat(100_000), 'sampling: "\0"'])
    expect(compileConfig(text, 'test').ok).toBe(false);
});
