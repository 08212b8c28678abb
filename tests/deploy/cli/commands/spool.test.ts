// `winnow spool` against a running collector with a real ClickHouse, and against a data directory.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { createClient } from '@clickhouse/client';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { spoolFileHead } from '#collector/store/spool-file.ts';
import { blockFileName } from '#collector/store/spool-names.ts';
import { LogsTable } from '#collector/store/tables/logs-table.ts';
import { runWinnow } from '#deploy/cli/run-winnow.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { ANY_PORTS, RunningRole } from '#tests/support/running-role.ts';

let clickhouse: TestClickHouse;
let data: string;
beforeAll(async () => {
  clickhouse = await startEmbeddedClickHouse();
});
afterAll(() => clickhouse.stop());
beforeEach(() => {
  data = mkdtempSync(path.join(tmpdir(), 'winnow-spool-'));
  mkdirSync(path.join(data, 'spool'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

/** A block of log records that was set aside. @returns the name of its file */
function setAside(seq: number, rows: number, kind: 'refused' | 'damaged', isWhole = true): string {
  const table = new LogsTable();
  const row = {
    serviceBytes: Buffer.from('shop'),
    weight: 1,
    resourceIdHi: 0,
    resourceIdLo: 0,
    scopeIdHi: 0,
    scopeIdLo: 0,
    receivedHi: 0,
    receivedLo: 0,
  };
  for (let i = 0; i < rows; i++) table.append(Buffer.alloc(0), 0, 0, row);
  const { columns, bytes, audit } = table.cutBlock(Math.floor(Date.now() / 1000))!;
  const head = spoolFileHead({ columns, token: `test-${Math.random()}-${seq}`, audit }, bytes);
  const name = `${blockFileName({ seq, table: 'logs', rows, epoch: 0 })}.${kind}`;
  writeFileSync(path.join(data, 'spool', name), Buffer.concat([head, isWhole ? bytes : bytes.subarray(1)]));
  return name;
}

async function spool(
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; out: string; err: string }> {
  const parts = { out: '', err: '' };
  const into = (name: 'out' | 'err'): Writable =>
    new Writable({ write: (chunk: Buffer, _encoding, done) => ((parts[name] += chunk.toString()), done()) });
  const code = await runWinnow(['spool', ...words], {
    stdout: into('out'),
    stderr: into('err') as NodeJS.WriteStream,
    env,
    signal: new AbortController().signal,
  });
  return { code, ...parts };
}

const files = (): string[] => readdirSync(path.join(data, 'spool')).filter((name) => name.includes('.native'));

describe('of a running collector', () => {
  it('lists, sends again and removes, and the ledger balances', async () => {
    const [first, second, damaged] = [
      setAside(1, 30, 'refused'),
      setAside(2, 20, 'refused'),
      setAside(3, 7, 'damaged', false),
    ];
    const whole = setAside(4, 5, 'damaged');
    const database = `spool_${Date.now()}`;
    await using collector = new RunningRole('collector', [
      '--data',
      data,
      ...ANY_PORTS,
      `--clickhouse.url=${clickhouse.url}`,
      `--clickhouse.database=${database}`,
    ]);
    const env = { WINNOW_LISTEN_ADMIN: (await collector.addresses())['admin'] };
    const listed = await spool(['list'], env);
    expect(listed.err).toBe('');
    expect(listed.out).toMatch(new RegExp(`^${first} +refused +logs +30 +0\\.0$`, 'm'));
    expect(listed.out).toMatch(
      new RegExp(`^${damaged} +damaged +logs +7 +0\\.0 +holds \\d+ bytes instead of \\d+$`, 'm'),
    );
    expect(listed.out).not.toContain(whole); // it was whole after all
    expect(await spool(['retry', first, 'nothing'], env)).toMatchObject({
      code: 1,
      out: '1 block of 30 rows sent again\n',
      err: 'nothing: no block of this name is set aside\n',
    });
    await expect.poll(async () => (await collector.ledger()).log_records.stored, { timeout: 20_000 }).toBe(35);
    expect((await collector.ledger()).log_records).toMatchObject({ received: 35, stored: 35, dropped: 0, pending: 0 });
    expect(await spool(['retry', damaged], env)).toMatchObject({
      code: 1,
      err: expect.stringContaining('holds') as string,
    });
    const metrics = await (await collector.admin('/metrics')).text();
    expect(metrics).toMatch(/^winnow_spool_refused_blocks 1$/m);
    expect(metrics).toMatch(/^winnow_spool_damaged_files 1$/m);
    expect(metrics).toMatch(/^winnow_store_inserts_total\{result="stored"\} [1-9]/m);
    expect(metrics).toMatch(/^winnow_store_circuit\{state="closed"\} 1$/m);
    expect(JSON.parse((await spool(['drop', '--all', '--json'], env)).out)).toMatchObject({
      done: [{ name: second, rows: 20 }, { name: damaged }],
      failed: [],
    });
    expect((await spool(['list'], env)).out).toContain('nothing is set aside');
    await expect.poll(files).toEqual([]);
    const client = createClient({ url: clickhouse.url, database });
    expect(
      await (await client.query({ query: 'SELECT count()::Float64 AS n FROM logs', format: 'JSONEachRow' })).json(),
    ).toEqual([{ n: 35 }]);
    await client.close();
  });

  it('answers programs on this machine that ask as they should, and no others', async () => {
    await using collector = new RunningRole('collector', [
      '--data',
      data,
      ...ANY_PORTS,
      `--clickhouse.url=${clickhouse.url}`,
    ]);
    const base = `http://${(await collector.addresses())['admin']}`;
    const post = (body: string, headers: Record<string, string> = {}): Promise<number> =>
      fetch(`${base}/spool/drop`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      }).then(({ status }) => status);
    expect(await post('{"all": true}', { origin: 'http://evil.example' })).toBe(403);
    expect(await post('{"all": true}', { 'content-type': 'text/plain' })).toBe(415);
    expect(
      await Promise.all(
        ['', '{}', '{"all": false}', '{"all": true, "names": ["a"]}', '{"names": []}', '{"nmes": ["a"]}'].map((body) =>
          post(body),
        ),
      ),
    ).toEqual([400, 400, 400, 400, 400, 400]);
    expect(await post(JSON.stringify({ names: ['x'.repeat(70_000)] }))).toBe(413);
    expect(await post('{"all": true}')).toBe(200);
    expect((await fetch(`${base}/spool/drop`)).status).toBe(405);
    expect((await fetch(`${base}/spool`, { method: 'POST' })).status).toBe(405);
  });
});

describe('of a directory', () => {
  it('lists, renames back what the next start is to send, and removes', async () => {
    const [first, second] = [setAside(1, 30, 'refused'), setAside(2, 20, 'refused')];
    const [whole, damaged] = [setAside(3, 5, 'damaged'), setAside(4, 7, 'damaged', false)];
    expect(JSON.parse((await spool(['list', '--data', data, '--json'])).out)).toMatchObject({
      set_aside: [
        { name: first },
        { name: second },
        { name: whole, reason: '' },
        { name: damaged, reason: expect.stringContaining('holds') as string },
      ],
    });
    expect(await spool(['retry', first, whole, damaged, '--data', data])).toMatchObject({
      code: 1,
      out: '2 blocks of 35 rows wait to be sent at the next start\n',
    });
    expect(files()).toEqual([first.replace('.refused', ''), second, whole.replace('.damaged', ''), damaged]);
    expect((await spool(['list', '--data', data])).out).toMatch(/^logs +2 +35 /m);
    expect(await spool(['drop', '--all', '--data', data])).toMatchObject({
      code: 0,
      out: '2 blocks of 27 rows removed\n',
    });
    expect(files()).toHaveLength(2);
  });

  it('is left alone while a collector holds its lock', async () => {
    const name = setAside(1, 30, 'refused');
    const lock = new DatabaseSync(path.join(data, 'collector.lock'));
    lock.exec('BEGIN EXCLUSIVE');
    // Another process: a second handle of the same file in this one would give the lock back.
    const answer = await new Promise<{ code: number; err: string }>((resolve) => {
      execFile(process.execPath, ['deploy/cli/winnow.ts', 'spool', 'retry', name, '--data', data], (error, _out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), err }),
      );
    });
    lock.close();
    expect(answer).toMatchObject({ code: 1, err: expect.stringContaining('a collector runs on') as string });
    expect(files()).toEqual([name]);
  });
});

it('wrong usage ends with 2, an absent collector or directory with 1', async () => {
  for (const words of [
    [],
    ['lst'],
    ['retry'],
    ['drop', 'a', '--all'],
    ['list', 'a'],
    ['list', '--data', 'x', '--admin', 'y'],
  ])
    expect((await spool(words)).code, words.join(' ')).toBe(2);
  expect(await spool(['list', '--admin', '127.0.0.1:9'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('--data DIR') as string,
  });
  expect(await spool(['list', '--data', path.join(data, 'nowhere')])).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no spool') as string,
  });
});
