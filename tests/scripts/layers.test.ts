// The check of layers sees each kind of violation: each is planted in a copy of the sources.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { violationsIn, violationsOf } from '#scripts/layers.ts';
import { sourceFiles } from '#scripts/source-files.ts';

const sources: ReadonlyMap<string, string> = new Map(
  sourceFiles('.ts', '.tsx').map((file) => [file, readFileSync(file, 'utf8')]),
);

/** What the check says when a line more is in a file, which may be a new one. */
function planted(file: string, line: string): string[] {
  return violationsOf(file, `${sources.get(file) ?? ''}\n${line}\n`);
}

describe('the check of layers', () => {
  it('finds nothing in the sources as they are', () => {
    expect(sources.size).toBeGreaterThan(1000);
    expect(violationsIn(sources)).toEqual([]);
  });

  it.each([
    'const t = Date.now();',
    'const d = new Date();',
    'const t = performance.now();',
    'const t = process.hrtime.bigint();',
    'const r = Math.random();',
    "import { randomBytes } from 'node:crypto';",
    'const id = crypto.randomUUID();',
    'crypto.getRandomValues(words);',
    'const clock = Date.now;',
    'setTimeout(run, 5);',
    'setInterval(run, 5);',
    'setImmediate(run);',
    "import { setTimeout as sleep } from 'node:timers/promises';",
    "import { readFileSync } from 'node:fs';",
    "import { readFile } from 'node:fs/promises';",
    "import { connect } from 'node:net';",
    "import { get } from 'node:http';",
    "import { connect } from 'node:http2';",
    "import { Worker } from 'node:worker_threads';",
    "import { spawn } from 'node:child_process';",
  ])('sees in the core: %s', (line) => {
    for (const file of [
      'collector/shard/trace-stage.ts',
      'collector/pipeline.ts',
      'collector/decide/randomness/trace-state.ts',
      'collector/assemble/shard.ts',
      'ui/shape/format.ts',
      'query/promql/selector.ts',
    ]) {
      expect(
        planted(file, line).filter((violation) => violation.startsWith(`${file}: clock`)),
        file,
      ).toHaveLength(1);
    }
  });

  it('lets a comment speak of a clock', () => {
    expect(
      planted('collector/decide/randomness/trace-state.ts', '/** Not Date.now(): handed in. */ // nor Math.random()'),
    ).toEqual([]);
  });

  it.each([
    ['collector/decide/randomness/trace-state.ts', '#collector/store/writer.ts'],
    ['collector/decide/rates/compile-rate.ts', '../../store/writer.ts'],
    ['collector/store/writer.ts', '#collector/pipeline.ts'],
    ['collector/receive/otlp-http.ts', '#collector/assemble/shard.ts'],
    ['collector/pipeline.ts', '#query/server.ts'],
    ['collector/pipeline.ts', './shard/trace-stage.ts'],
    ['collector/admin/health-checks.ts', '#collector/shard/shard.ts'],
    ['query/promql/engine.ts', '#query/server.ts'],
    ['query/api/own/traces/search.ts', '#collector/simulate/simulate.ts'],
    ['ui/layout/tree.ts', '#ui/load/client.ts'],
    ['ui/views/app/bar.tsx', '#proto/config/schema.ts'],
    ['proto/config/load.ts', '#proto/otlp/signal.ts'],
    ['deploy/replay/replay.ts', '#collector/pipeline.ts'],
  ])('sees that %s imports %s', (file, specifier) => {
    expect(
      planted(file, `import { x } from '${specifier}';`).filter((violation) => violation.includes('may not import')),
    ).toHaveLength(1);
  });

  it('sees Node in proto, which runs in the browser, too', () => {
    expect(planted('proto/otlp/signal.ts', "import { createHash } from 'node:crypto';").join()).toContain(
      'may not use node:crypto',
    );
  });

  it('sees a folder without a row, a default export, a barrel, and exceptions that are none', () => {
    expect(planted('collector/teapot/pour.ts', '').join()).toContain('its folder has no row');
    expect(planted('collector/decide/randomness/trace-state.ts', 'export default 1;').join()).toContain(
      'no default exports',
    );
    expect(planted('collector/decide/index.ts', '').join()).toContain('no barrels');
    expect(violationsOf('collector/run/run-ticks.ts', '').join()).toContain('is pure by now');
    expect(
      violationsIn(new Map([...sources].filter(([file]) => file !== 'collector/run/run-ticks.ts'))).join(),
    ).toContain('is not there');
  });
});
