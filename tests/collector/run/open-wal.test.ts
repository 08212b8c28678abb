// The write-ahead log on a real disk: what is said at the start, what stays there, and who may read it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '#proto/config/load.ts';
import type { Config } from '#proto/config/schema.ts';
import { openWal } from '#collector/run/open-wal.ts';
import type { Log } from '#proto/log/log.ts';
import { head } from '#tests/support/log-under-test.ts';

const OWNER = { epoch: 1, installId: 'this directory' };

let data: string;
let lines: string[];
const note = (_fields: object, line?: string): void => void lines.push(line ?? '');
const log: Log = { debug: note, info: note, warn: note, error: note };
beforeEach(() => {
  data = mkdtempSync(path.join(tmpdir(), 'winnow-wal-'));
  lines = [];
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

function configOf(...flags: string[]): Config {
  const loaded = loadConfig({
    argv: [`--data=${data}`, '--clickhouse.url=http://nowhere', ...flags],
    env: {},
    readFile: () => '',
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value.config;
}

/** Writes a log, and spoils its second record. */
async function damagedLog(): Promise<string> {
  const { log: wal } = await openWal(configOf(), log, OWNER);
  for (const text of ['first', 'second', 'third']) await wal!.append(head(0), Buffer.from(text));
  await wal!.close();
  const [name] = readdirSync(path.join(data, 'wal'));
  const bytes = readFileSync(path.join(data, 'wal', name!));
  bytes[bytes.indexOf('second')]! ^= 1;
  writeFileSync(path.join(data, 'wal', name!), bytes);
  return name!;
}

test('only its owner may read it', async () => {
  const name = await damagedLog();
  expect([statSync(path.join(data, 'wal')).mode & 0o777, statSync(path.join(data, 'wal', name)).mode & 0o777]).toEqual([
    0o700, 0o600,
  ]);
});

test('damage is said with its place and what was kept, and the log goes on', async () => {
  const name = await damagedLog();
  const { left, log: wal } = await openWal(configOf(), log, { ...OWNER, epoch: 2 });
  expect(lines).toEqual([
    expect.stringMatching(
      new RegExp(
        `damaged: 70 bytes of ${name} do not read, at byte 69 .*is used; the segment is kept as ${name}.damaged`,
      ),
    ),
  ]);
  await wal!.append(head(3), Buffer.from('fourth'));
  await wal!.close();
  const bodies: string[] = [];
  for await (const { body } of (await openWal(configOf(), log, { ...OWNER, epoch: 3 })).left.records())
    bodies.push(body.toString());
  expect(bodies).toEqual(['first', 'third', 'fourth']);
  expect(left.segments).toHaveLength(1);
});

test('with durability memory the log is removed, but not the copies of what was damaged', async () => {
  const name = await damagedLog();
  const opened = await openWal(configOf('--durability=memory'), log, OWNER);
  expect(opened.log).toBeUndefined();
  await opened.forget();
  expect(readdirSync(path.join(data, 'wal'))).toEqual([`${name}.damaged`]);
});

test('a log of a later owner makes the start refuse, with the directory and what to do', async () => {
  await damagedLog();
  await expect(openWal(configOf(), log, { ...OWNER, epoch: 0 })).rejects.toThrow(
    new RegExp(`^the write-ahead log in ${data}/wal cannot be opened: .*owner 1.*--data DIR$`),
  );
});
