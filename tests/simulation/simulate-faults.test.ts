// The simulation for as long as a test run can wait: the schedules that once failed, then fresh seeds; and that a seed is a run.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const RUN = fileURLToPath(new URL('run.ts', import.meta.url));
/** No new seed is begun after so long. */
const SECONDS = 10;
const TIMEOUT_MS = 240_000;

function run(...args: readonly string[]): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8' });
  return { code: status, text: stdout + stderr };
}

test('nothing acknowledged is lost or doubled, whatever fails when', { timeout: TIMEOUT_MS }, () => {
  const { code, text } = run(
    '--kept',
    '--seeds',
    '2000',
    '--seconds',
    String(SECONDS),
    '--failures',
    '5',
    '--no-shrink',
  );
  expect(code, text).toBe(0);
});

test.each(['lock', 'digests', 'reserve', 'resync', 'early-ack'])(
  'a build without %s is found',
  { timeout: TIMEOUT_MS },
  (broken) => {
    const { code, text } = run('--broken', broken, '--seeds', '60', '--seconds', String(SECONDS), '--no-shrink');
    expect(code, text).toBe(0);
  },
);

test('a seed is one run, event by event', { timeout: TIMEOUT_MS }, () => {
  const seeds = ['3', '9', '16'];
  const hashes = (): string[] =>
    seeds.map((seed) => /hash ([0-9a-f]{8})/.exec(run('--seed', seed).text)?.[1] ?? 'none');
  const first = hashes();
  expect(new Set(first).size).toBe(seeds.length);
  expect(first).not.toContain('none');
  expect(hashes()).toEqual(first);
});
