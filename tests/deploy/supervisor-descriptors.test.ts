// The supervisor survives what it cannot start: without descriptors no process can be made, and later it can.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

const SUPERVISOR = fileURLToPath(new URL('../support/supervisor-without-descriptors.ts', import.meta.url));

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'winnow-supervisor-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('without file descriptors the roles that die are started as soon as they can be, the store as well', async () => {
  const { stdout } = await promisify(execFile)('/bin/sh', [
    '-c',
    'ulimit -n 200; exec "$@"',
    'sh',
    process.execPath,
    SUPERVISOR,
    directory,
  ]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toContain('descriptors held: true');
  expect(lines.filter((line) => /^store: .*EMFILE/.test(line)).length).toBeGreaterThan(1);
  expect(lines.filter((line) => /^role: .*EMFILE/.test(line)).length).toBeGreaterThan(1);
  expect(lines.slice(-2)).toEqual(['both run again: true', 'stopped']);
}, 60_000);
