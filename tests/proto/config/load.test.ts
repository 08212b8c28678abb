// One rule for all settings: file, variable and flag mean the same key, and an error says where, what and what to write.
import { describe, expect, test } from 'vitest';
import { formatConfigError } from '#proto/config/config-error.ts';
import { loadConfig } from '#proto/config/load.ts';
import { SETTINGS } from '#proto/config/settings.ts';

function load(argv: string[], env: Record<string, string> = {}, file = '') {
  return loadConfig({ argv: file === '' ? argv : ['--config', 'winnow.yaml', ...argv], env, readFile: () => file });
}

function errorsOf(argv: string[], env: Record<string, string> = {}, file = ''): string[] {
  const loaded = load(argv, env, file);
  return loaded.ok ? [] : loaded.error.map(formatConfigError);
}

function configOf(argv: string[], env: Record<string, string> = {}, file = '') {
  const loaded = load(argv, env, file);
  if (!loaded.ok) throw new Error(loaded.error.map(formatConfigError).join('\n'));
  return loaded.value.config;
}

describe('configuration', () => {
  test('without anything every setting has its default', () => {
    const config = configOf([]);
    expect(config.listen.otlp_grpc).toEqual({ host: '127.0.0.1', port: 4317 });
    expect(config.sampling.wait).toEqual({ quiet: 1000, after_root: 5000, max: 30_000 });
    expect(config.buffer.max_bytes).toBe(512 * 1024 * 1024);
    expect(config.red.bounds).toHaveLength(16);
    expect(config.sampling.rules).toBeUndefined();
  });

  test('a key means the same as flag, as variable and in the file', () => {
    const wanted = 250;
    expect(configOf(['--sampling.wait.quiet=250ms']).sampling.wait.quiet).toBe(wanted);
    expect(configOf(['--sampling.wait.quiet', '250ms']).sampling.wait.quiet).toBe(wanted);
    expect(configOf([], { WINNOW_SAMPLING_WAIT_QUIET: '250ms' }).sampling.wait.quiet).toBe(wanted);
    expect(configOf([], {}, 'sampling: { wait: { quiet: 250ms } }').sampling.wait.quiet).toBe(wanted);
  });

  test('a flag wins over a variable, a variable over the file', () => {
    const file = 'store: none\ndata: /from/file\n';
    expect(configOf(['--data', '/from/flag'], { WINNOW_DATA: '/from/env' }, file).data).toBe('/from/flag');
    expect(configOf([], { WINNOW_DATA: '/from/env' }, file).data).toBe('/from/env');
    expect(configOf([], {}, file).data).toBe('/from/file');
    expect(configOf(['--store', 'none']).store).toBe('none');
  });

  test('every setting takes its own default back as text', () => {
    for (const setting of SETTINGS) {
      if (setting.default === '') continue;
      expect({ key: setting.key, errors: errorsOf([`${setting.flag}=${setting.default}`]) }).toEqual({
        key: setting.key,
        errors: [],
      });
    }
  });

  test('lists and rules can be given as flow style on the command line', () => {
    expect(configOf(['--receive.cors.origins=https://a,https://b']).receive.cors.origins).toEqual([
      'https://a',
      'https://b',
    ]);
    expect(configOf(['--sampling.rules=[{name: all, keep: 5%}]']).sampling.rules).toEqual([
      { name: 'all', keep: '5%' },
    ]);
    expect(configOf(['--red.bounds=1ms,1s']).red.bounds).toEqual([1, 1000]);
  });

  test('CLICKHOUSE_URL is heard, and gives way to our own variable', () => {
    expect(configOf([], { CLICKHOUSE_URL: 'http://a:8123' }).clickhouse.url).toBe('http://a:8123');
    expect(
      configOf([], { CLICKHOUSE_URL: 'http://a:8123', WINNOW_CLICKHOUSE_URL: 'http://b:8123' }).clickhouse.url,
    ).toBe('http://b:8123');
  });

  test('an empty group means its defaults', () => {
    expect(configOf([], {}, 'listen:\nsampling:\n  wait:\n').sampling.wait.quiet).toBe(1000);
  });

  test('a misspelt key names its place and the nearest right one', () => {
    expect(errorsOf([], {}, 'store: none\nbufer:\n  max_bytes: 1GiB\n')).toEqual([
      'bufer (winnow.yaml:3): is no setting; did you mean `buffer`?',
    ]);
    expect(errorsOf(['--sampling.wait.quite=1s'])[0]).toContain('did you mean `sampling.wait.quiet`?');
    expect(errorsOf([], {}, 'sampling: { wait: { afterroot: 3s } }')[0]).toContain('`after_root`');
  });

  test('a wrong value names path, source, value and remedy', () => {
    expect(errorsOf([], {}, 'sampling:\n  wait:\n    quiet: soon\n')).toEqual([
      'sampling.wait.quiet (winnow.yaml:3): is no duration, got `soon`; write a number with its unit, as 500ms, 30s, 1h30m',
    ]);
    expect(errorsOf(['--listen.http=4320'])[0]).toMatch(
      /^listen\.http \(--listen\.http\): is no address, got `4320`; write HOST:PORT/,
    );
    expect(errorsOf([], { WINNOW_STORE: 'disk' })[0]).toBe(
      'store (WINNOW_STORE): is not valid, got `disk`; write clickhouse or none, as clickhouse',
    );
    expect(errorsOf(['--buffer.max_spans=-1'])[0]).toContain('write a whole number from 1000');
    expect(errorsOf(['--red.bounds=2s,1s'])[0]).toContain('rising order');
  });

  test('all errors are told at once, and a password is never shown', () => {
    const errors = errorsOf(['--stor=none'], { WINNOW_RED_FLUSH_EVERY: 'x' }, 'clickhouse: { password: [secret] }');
    expect(errors).toHaveLength(3);
    expect(errors.join()).not.toContain('secret');
  });

  test('broken YAML names the line; a file that cannot be read says so', () => {
    expect(errorsOf([], {}, 'a: [1\nb: 2\n')[0]).toMatch(/winnow\.yaml:\d/);
    const missing = loadConfig({
      argv: ['--config=nope.yaml'],
      env: {},
      readFile: () => {
        throw new Error('no such file');
      },
    });
    expect(missing.ok ? '' : formatConfigError(missing.error[0]!)).toContain('cannot read nope.yaml: no such file');
  });

  test.each(['', ' \n\t\n', '# rules were here\n', '---\n', 'null\n', 'sampling:\n', 'sampling:\n  wait:\n'])(
    'a file that says nothing is known, and warned of: %j',
    (text) => {
      const loaded = loadConfig({ argv: ['--config=winnow.yaml'], env: {}, readFile: () => text });
      expect(loaded.ok && [loaded.value.isEmptyFile, loaded.value.warnings]).toEqual([
        true,
        ['winnow.yaml is empty: every setting has its default; write {} into it if that is meant'],
      ]);
    },
  );

  test.each(['{}', 'sampling: { rules: [] }', 'data: x', 'sampling:\n  wait: { quiet: 1s }\n  rules:\n'])(
    'a file that says something is not empty: %j',
    (text) => {
      const loaded = loadConfig({ argv: ['--config=winnow.yaml'], env: {}, readFile: () => text });
      expect(loaded.ok && [loaded.value.isEmptyFile, loaded.value.warnings]).toEqual([false, []]);
      const none = loadConfig({ argv: [], env: {}, readFile: () => '' });
      expect(none.ok && none.value.isEmptyFile).toBe(false);
    },
  );

  test('a variable that is nearly a setting is warned of, a stranger is not', () => {
    const loaded = load([], { WINNOW_STOR: 'none', WINNOW_SERVICE_HOST: '10.0.0.1' });
    expect(loaded.ok && loaded.value.warnings).toEqual([
      'variable WINNOW_STOR is no setting and was ignored: did you mean WINNOW_STORE?',
    ]);
  });
});
