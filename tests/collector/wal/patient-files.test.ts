// What cannot be read at the start for a reason that passes is waited for, with words; what stays as it is fails at once, and nothing of
// it is taken for damaged.
import { expect, test } from 'vitest';
import type { LogFiles } from '#collector/wal/log-files.ts';
import { patientFiles } from '#collector/wal/patient-files.ts';
import { readLog } from '#collector/wal/read-log.ts';
import { WriteAheadLog } from '#collector/wal/write-ahead-log.ts';
import { bodiesIn, head, NO_CAP } from '#tests/support/log-under-test.ts';
import { MemoryLogFiles } from '#tests/support/memory-log-files.ts';

const failure = (code: string): Error => Object.assign(new Error(`${code}: it cannot be done now`), { code });

/** Each call of a kind fails so often before it succeeds. */
function failing(files: LogFiles, code: string, times: number): LogFiles {
  const left = { list: times, read: times, remove: times, keep: times };
  const attempt = async <T>(kind: keyof typeof left, call: () => Promise<T>): Promise<T> => {
    if (left[kind]-- > 0) throw failure(code);
    return call();
  };
  return {
    list: () => attempt('list', () => files.list()),
    read: (name) => attempt('read', () => files.read(name)),
    create: (name, sync) => files.create(name, sync),
    remove: (name) => attempt('remove', () => files.remove(name)),
    keep: (name, again) => attempt('keep', () => files.keep(name, again)),
  };
}

async function logOf(texts: readonly string[]): Promise<MemoryLogFiles> {
  const files = new MemoryLogFiles();
  const log = new WriteAheadLog({ files, ...NO_CAP, segmentBytes: 100 });
  for (const [i, text] of texts.entries()) await log.append(head(i), Buffer.from(text));
  return files;
}

test.each(['EMFILE', 'ENFILE', 'EIO', 'EACCES', 'ENOSPC'])(
  '%s is waited out, for as long as it takes, and said',
  async (code) => {
    const files = await logOf(['one', 'two', 'three']);
    const waits: number[] = [];
    const words: string[] = [];
    const patient = patientFiles(failing(files, code, 30), {
      wait: async (ms) => void waits.push(ms),
      onWait: (what, error) => words.push(`${what}: ${String(error)}`),
    });
    const left = await readLog(patient, { sync: true });
    const bodies: string[] = [];
    for await (const { body } of left.records()) bodies.push(body.toString());
    expect([bodies, left.damage]).toEqual([['one', 'two', 'three'], []]);
    expect([...files.files.keys()].filter((name) => name.includes('damaged'))).toEqual([]);
    expect(waits.slice(0, 8)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(words[0]).toBe(`list the directory: Error: ${code}: it cannot be done now`);
    expect(words.some((line) => line.startsWith('read 0000000000000000-0.wal'))).toBe(true);
    expect(
      files.calls.filter((call) => call.startsWith('keep'))[0],
      'a sync that failed is no sync: the bytes are written once more',
    ).toBe('keep 0000000000000000-0.wal written again');
  },
);

test('an error that stays is thrown', async () => {
  const files = await logOf(['one']);
  const patience = { wait: () => Promise.reject(new Error('nothing is waited for')), onWait: () => undefined };
  await expect(readLog(patientFiles(failing(files, 'ENOTDIR', 1), patience))).rejects.toThrow('ENOTDIR');
});

test('a directory with the name of a segment is told, and left alone', async () => {
  const files = await logOf(['one', 'two']);
  const odd: LogFiles = {
    list: async () => [...(await files.list()), '0000000099999999.wal'],
    read: async (name) => {
      if (name === '0000000099999999.wal') throw failure('EISDIR');
      return files.read(name);
    },
    create: (name, sync) => files.create(name, sync),
    remove: (name) => files.remove(name),
    keep: (name, again) => files.keep(name, again),
  };
  expect((await readLog(odd)).damage).toMatchObject([{ segment: '0000000099999999.wal', why: 'it is a directory' }]);
  expect(await bodiesIn(files)).toEqual(['one', 'two']);
});

test('segments of a later owner make the start refuse', async () => {
  const files = new MemoryLogFiles();
  await new WriteAheadLog({ files, ...NO_CAP, epoch: 7 }).append(head(0), Buffer.from('x'));
  await expect(readLog(files, { epoch: 6 })).rejects.toThrow(/owner 7 of this data directory.*owner 6/);
  expect((await readLog(files, { epoch: 7 })).segments).toHaveLength(1);
});

test('what an earlier owner wrote after a later one had begun is told, kept beside, and not read', async () => {
  const files = new MemoryLogFiles();
  const early = new WriteAheadLog({ files, ...NO_CAP, epoch: 1, segmentBytes: 10 });
  await early.append(head(0), Buffer.from('in time'));
  const later = new WriteAheadLog({ files, ...NO_CAP, epoch: 2, existing: (await readLog(files)).segments });
  await later.append(head(1), Buffer.from('of the new owner'));
  await early.append(head(1), Buffer.from('too late'));
  await early.append(head(2), Buffer.from('much too late'));
  expect(await bodiesIn(files)).toEqual(['in time', 'of the new owner']);
  const names = [...files.files.keys()].filter((name) => name.includes('-1.wal') && name.endsWith('.damaged'));
  expect(names).toHaveLength(2);
});
