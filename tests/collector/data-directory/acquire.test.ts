// One owner at a time, whatever becomes of the one before: ended, killed, stopped, or robbed of its lock file by hand.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquire, type DataDirectory } from '#collector/data-directory/acquire.ts';

const OWNER = fileURLToPath(new URL('../../support/directory-owner.ts', import.meta.url));

interface Said {
  readonly kind: 'waiting' | 'owns' | 'lost' | 'gave up';
  readonly sentence?: string;
  readonly epoch?: number;
  readonly installId?: string;
  readonly hasWaited?: boolean;
}

/** Another process on the directory. */
class OtherOwner {
  readonly child: ChildProcess;
  stderr = '';
  readonly #said: Said[] = [];
  #more = Promise.withResolvers<void>();

  constructor(directory: string) {
    this.child = fork(OWNER, [directory], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.child.stderr?.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.child.on('message', (said: Said) => {
      this.#said.push(said);
      this.#more.resolve();
      this.#more = Promise.withResolvers();
    });
  }

  /** The first thing of that kind that it says. */
  async says(kind: Said['kind']): Promise<Said> {
    for (;;) {
      const said = this.#said.find((one) => one.kind === kind);
      if (said !== undefined) return said;
      await this.#more.promise;
    }
  }

  hasSaid(kind: Said['kind']): boolean {
    return this.#said.some((one) => one.kind === kind);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}

let dir: string;
let data: string;
const owned: DataDirectory[] = [];
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'winnow-lock-'));
  data = path.join(dir, 'data');
});
afterEach(() => {
  for (const one of owned.splice(0)) one.release();
  rmSync(dir, { recursive: true, force: true });
});

async function take(directory = data): Promise<DataDirectory> {
  const taken = await acquire(directory, {
    onWaiting: () => undefined,
    signal: new AbortController().signal,
    nowMs: Date.now,
  });
  if (taken === undefined) throw new Error('not taken');
  owned.push(taken);
  return taken;
}

function described(): { pid: number; startedAt: string; epoch: number; installId: string } {
  return JSON.parse(readFileSync(path.join(data, 'collector.json'), 'utf8')) as ReturnType<typeof described>;
}

describe('a data directory', () => {
  it('is made, described, and has a larger epoch and the same install id with every owner', async () => {
    const first = await take();
    expect(described()).toEqual({
      pid: process.pid,
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      epoch: 1,
      installId: first.installId,
    });
    expect([first.epoch, first.hasWaited, first.lost()]).toEqual([1, false, undefined]);
    expect(first.installId).toMatch(/^[0-9a-f]{32}$/);
    first.release();
    const second = await take();
    expect([second.epoch, second.installId]).toEqual([2, first.installId]);
    expect(described()).toMatchObject({ epoch: 2 });
    expect(statSync(path.join(data, 'collector.json')).mode & 0o077).toBe(0);
  });

  it('goes to a second process when the first was killed; it says for whom it waits, and nothing else is printed', async () => {
    await using first = new OtherOwner(data);
    const { epoch, installId } = await first.says('owns');
    await using second = new OtherOwner(data);
    const { sentence } = await second.says('waiting');
    expect(sentence).toBe(
      `an earlier collector is still writing to ${data} (pid ${first.child.pid}, started ${described().startedAt}): waiting for it to end`,
    );
    expect(second.hasSaid('owns')).toBe(false);
    await first.end('SIGKILL');
    expect(await second.says('owns')).toEqual({ kind: 'owns', epoch: epoch! + 1, installId, hasWaited: true });
    expect(first.stderr + second.stderr).toBe('');
  });

  it('stays with a process that is stopped', async () => {
    await using first = new OtherOwner(data);
    await first.says('owns');
    first.child.kill('SIGSTOP');
    await using second = new OtherOwner(data);
    await second.says('waiting');
    expect(second.hasSaid('owns')).toBe(false);
    await first.end('SIGKILL');
    expect(await second.says('owns')).toMatchObject({ epoch: 2 });
  });

  it('is not waited for any longer by a process that is told to end', async () => {
    await using first = new OtherOwner(data);
    await first.says('owns');
    await using second = new OtherOwner(data);
    await second.says('waiting');
    second.child.kill('SIGTERM');
    await second.says('gave up');
    expect(described()).toMatchObject({ pid: first.child.pid, epoch: 1 });
  });

  it('whose lock file was removed by hand goes to the next process, and the first owner ends before the next one begins', async () => {
    await using first = new OtherOwner(data);
    await first.says('owns');
    first.child.kill('SIGSTOP'); // it cannot lock again
    unlinkSync(path.join(data, 'collector.lock'));
    await using second = new OtherOwner(data);
    expect((await second.says('waiting')).sentence).toMatch(
      /^the lock of .* was removed by hand; waiting 3 s for a collector that may still be writing \(pid \d+, started .*\)$/,
    );
    first.child.kill('SIGCONT');
    expect((await first.says('lost')).sentence).toContain('was removed by hand, and another collector holds');
    expect(second.hasSaid('owns')).toBe(false);
    expect(await second.says('owns')).toMatchObject({ epoch: 2 });
  });

  it('whose files were removed by hand stays with its owner as long as no other has come', async () => {
    const first = await take();
    unlinkSync(path.join(data, 'collector.lock'));
    unlinkSync(path.join(data, 'collector.json'));
    expect(first.lost()).toBeUndefined();
    expect(described()).toMatchObject({ epoch: 1, pid: process.pid, installId: first.installId });
    await using second = new OtherOwner(data);
    await second.says('waiting');
    expect(first.lost()).toBeUndefined();
  });

  it.each([
    ['a later owner', { epoch: 2 }],
    ['another owner of the same epoch', { epoch: 1, pid: 1 }],
  ])('whose description names %s is lost', async (_, change) => {
    const first = await take();
    writeFileSync(
      path.join(data, 'collector.json'),
      JSON.stringify({ ...described(), startedAt: '2020-01-01T00:00:00.000Z', ...change }),
    );
    expect(first.lost()).toMatch(/^another collector owns .* now \(pid \d+, started 2020-01-01T00:00:00\.000Z\)$/);
  });

  it('whose description came out of a backup is described again', async () => {
    const first = await take();
    writeFileSync(
      path.join(data, 'collector.json'),
      JSON.stringify({ ...described(), startedAt: '2020-01-01T00:00:00.000Z', epoch: 0, pid: 1 }),
    );
    expect(first.lost()).toBeUndefined();
    expect(described()).toMatchObject({ epoch: 1, pid: process.pid });
  });

  it.each(['', '{', '{}', '{"pid":1,"startedAt":"x","epoch":-1,"installId":"0"}', 'null'])(
    'whose description is %j gets an epoch above those in names of files, and an install id of its own',
    async (text) => {
      mkdirSync(path.join(data, 'wal'), { recursive: true });
      mkdirSync(path.join(data, 'spool'));
      for (const name of [
        '0000000000000000.wal',
        '0000000000004096-7.wal',
        '0000000000008192-12.wal.damaged',
        'notes-99.txt',
      ])
        writeFileSync(path.join(data, 'wal', name), '');
      for (const name of [
        '000000000001-spans-50000.native',
        '000000000002-spans-60000-9.native',
        '000000000003-logs-10-31.native.refused',
      ])
        writeFileSync(path.join(data, 'spool', name), '');
      writeFileSync(path.join(data, 'collector.lock'), '');
      writeFileSync(path.join(data, 'collector.json'), text);
      const taken = await take();
      expect(taken.epoch).toBe(32);
      expect(taken.installId).toMatch(/^[0-9a-f]{32}$/);
      expect(described()).toMatchObject({ epoch: 32, pid: process.pid });
    },
  );

  it('that an older description came back to has an epoch above those in names of files all the same', async () => {
    const { installId } = await take();
    owned.pop()?.release();
    mkdirSync(path.join(data, 'wal'));
    writeFileSync(path.join(data, 'wal', '0000000000004096-7.wal'), '');
    expect(await take()).toMatchObject({ epoch: 8, installId });
  });
});

describe('a directory whose disk', () => {
  const acquired = (signal: AbortSignal): { said: string[]; owns: Promise<DataDirectory | undefined> } => {
    const said: string[] = [];
    return { said, owns: acquire(data, { onWaiting: (sentence) => said.push(sentence), signal, nowMs: Date.now }) };
  };

  it('is full is waited for, with words, and is owned when there is room', async () => {
    mkdirSync(data);
    symlinkSync('/dev/full', path.join(data, 'collector.json.part'));
    const { said, owns } = acquired(new AbortController().signal);
    await expect
      .poll(() => said)
      .toEqual([
        `the data directory ${data} cannot be locked now (ENOSPC: no space left on device, write): trying again until it can`,
      ]);
    unlinkSync(path.join(data, 'collector.json.part'));
    const taken = await owns;
    owned.push(taken!);
    expect([taken?.epoch, taken?.hasWaited, said.length]).toEqual([1, false, 1]);
  });

  it('is full is not waited for any longer by a process that is told to end, and goes to the next', async () => {
    mkdirSync(data);
    symlinkSync('/dev/full', path.join(data, 'collector.json.part'));
    const stopping = new AbortController();
    const { said, owns } = acquired(stopping.signal);
    await expect.poll(() => said.length).toBe(1);
    stopping.abort();
    expect(await owns).toBeUndefined();
    unlinkSync(path.join(data, 'collector.json.part'));
    expect((await take()).epoch).toBe(1);
  });
});

describe('a directory that cannot be locked', () => {
  const refused = async (directory: string): Promise<string> =>
    String(await take(directory).catch((error: unknown) => error));

  it('because a file is in its way', async () => {
    writeFileSync(path.join(dir, 'file'), '');
    expect(await refused(path.join(dir, 'file', 'data'))).toMatch(
      /the data directory .*data cannot be locked \(ENOTDIR.*\): give another --data DIR, on a disk of this machine that this user may write to/,
    );
  });

  it('because its lock is a directory', async () => {
    mkdirSync(path.join(data, 'collector.lock'), { recursive: true });
    expect(await refused(data)).toMatch(/cannot be locked \(EISDIR: .*\): give another --data DIR/);
  });

  it("because its lock is somebody else's file", async () => {
    mkdirSync(data);
    writeFileSync(path.join(data, 'collector.lock'), 'of another program, '.repeat(100));
    expect(await refused(data)).toMatch(/cannot be locked \(file is not a database\): give another --data DIR/);
  });
});
