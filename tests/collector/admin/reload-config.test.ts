// What a reload refuses although it could be read: a file that lost its text.
import { expect, test } from 'vitest';
import { loadConfig, type LoadedConfig } from '#proto/config/load.ts';
import { ConfigReload } from '#collector/admin/reload-config.ts';
import { plainLog } from '#proto/log/log.ts';

const RULES = 'sampling: { rules: [{ name: all, keep: 5% }] }\n';

/** A reload whose file holds, one after the other, what `write` put there. */
function reloading(first: string): { write: (text: string) => string; inForce: () => number; lines: string[] } {
  let text = first;
  const load = () => loadConfig({ argv: ['--config=winnow.yaml'], env: {}, readFile: () => text });
  const loaded = (): LoadedConfig => {
    const result = load();
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    return result.value;
  };
  const lines: string[] = [];
  const started = loaded();
  const reload = new ConfigReload(
    started.config,
    { load, apply: () => undefined },
    plainLog(
      'test',
      'info',
      (line) => lines.push(line),
      () => '',
    ),
    () => 0,
    started.isEmptyFile,
  );
  return {
    write(next) {
      text = next;
      return reload.run('file').result;
    },
    inForce: () => reload.config.sampling.rules?.length ?? 0,
    lines,
  };
}

test.each(['', '\n', '# nothing but this\n', 'sampling:\n'])(
  'a file that lost its text is refused, and the rules stay: %j',
  (emptied) => {
    const { write, inForce, lines } = reloading(RULES);
    expect(write(emptied)).toBe('refused');
    expect(inForce()).toBe(1);
    expect(lines.join('')).toContain(
      'winnow.yaml is empty, and the one in force is not; write the settings again, or {} for the defaults',
    );
    expect(write(emptied)).toBe('refused');
    expect(write(RULES)).toBe('unchanged');
  },
);

test('a file that says {} means the defaults', () => {
  const { write, inForce } = reloading(RULES);
  expect(write('{}')).toBe('applied');
  expect(inForce()).toBe(0);
  expect(write('')).toBe('refused');
});

test('a file that was empty at the start may stay so', () => {
  const { write, inForce } = reloading('');
  expect(write('# still nothing')).toBe('unchanged');
  expect(write(RULES)).toBe('applied');
  expect(inForce()).toBe(1);
  expect(write('')).toBe('refused');
});

test('settings of rules, which query puts in force, change nothing of the collector', () => {
  const { write, lines } = reloading(RULES);
  expect(write(`${RULES}rules: { files: [a.yaml] }\nalertmanagers: [{ url: "http://127.0.0.1:9093" }]\n`)).toBe(
    'unchanged',
  );
  expect(lines.join('')).not.toContain('restart');
  expect(write(`${RULES}alertmanagers: [{ url: nowhere }]\n`)).toBe('refused');
});
