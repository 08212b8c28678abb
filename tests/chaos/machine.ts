// What this machine lets an experiment do, found by trying.
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const MIB = 1024 * 1024;
const FAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/faketime/libfaketime.so.1',
  '/usr/local/lib/faketime/libfaketime.so.1',
];

export type Need = 'linux' | 'tmpfs' | 'frozen-disk' | 'prlimit' | 'faketime';

/** Why a need cannot be met here; undefined: it can. @param scratch an empty directory to try things in */
export function whyNot(need: Need, scratch: string): string | undefined {
  switch (need) {
    case 'linux':
      return process.platform === 'linux' ? undefined : 'it needs Linux (/proc)';
    case 'tmpfs':
      return tried(
        () => unmount(mountTmpfs(path.join(scratch, 'tmpfs'), 8 * MIB)),
        'it needs to mount a tmpfs: run as root',
      );
    case 'frozen-disk':
      return tried(() => {
        const disk = mountImage(path.join(scratch, 'image'), 64 * MIB);
        try {
          freeze(disk);
          thaw(disk);
        } finally {
          unmountImage(disk);
        }
      }, 'it needs losetup, mkfs.ext4 and fsfreeze: run as root on a machine with loop devices');
    case 'prlimit':
      return tried(() => run('prlimit', '--pid', String(process.pid), '--nofile'), 'it needs prlimit (util-linux)');
    case 'faketime':
      return faketimeLibrary() === undefined
        ? 'it needs libfaketime: install it, or name the library in WINNOW_FAKETIME'
        : undefined;
  }
}

export function faketimeLibrary(): string | undefined {
  return [process.env['WINNOW_FAKETIME'] ?? '', ...FAKETIME].find((file) => file !== '' && existsSync(file));
}

export function mountTmpfs(directory: string, bytes: number): string {
  mkdirSync(directory, { recursive: true });
  run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'winnow-chaos', directory);
  return directory;
}

export function unmount(directory: string): void {
  run('umount', directory);
}

/** An ext4 of its own in a file, mounted; it can be frozen. */
export function mountImage(directory: string, bytes: number): string {
  mkdirSync(directory, { recursive: true });
  const image = imageOf(directory);
  writeFileSync(image, '');
  run('truncate', '-s', String(bytes), image);
  run('mkfs.ext4', '-q', '-F', image);
  run('mount', '-o', 'loop', image, directory);
  return directory;
}

/** Every write to it waits from now on. */
export function freeze(directory: string): void {
  run('fsfreeze', '--freeze', directory);
}

export function thaw(directory: string): void {
  run('fsfreeze', '--unfreeze', directory);
}

export function unmountImage(directory: string): void {
  try {
    thaw(directory);
  } catch {
    // was not frozen
  }
  run('umount', directory);
  rmSync(imageOf(directory), { force: true });
}

/** Takes all space of a file system but this. Returns how to give it back. */
export function fill(directory: string, leftBytes: number): () => void {
  const filler = path.join(directory, 'filler');
  const handle = openSync(filler, 'w');
  const chunk = Buffer.alloc(MIB, 1);
  try {
    for (;;) writeFileSync(handle, chunk);
  } catch {
    // full: that is what was wanted
  } finally {
    closeSync(handle);
  }
  if (leftBytes > 0) run('truncate', '-s', `-${leftBytes}`, filler);
  return () => rmSync(filler, { force: true });
}

/** Soft limit of open files of a running process. */
export function limitDescriptors(pid: number, count: number): void {
  run('prlimit', '--pid', String(pid), `--nofile=${count}:`);
}

function imageOf(directory: string): string {
  return `${directory}.img`;
}

function tried(run: () => void, otherwise: string): string | undefined {
  try {
    run();
    return undefined;
  } catch {
    return otherwise;
  }
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}
