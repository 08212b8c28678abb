// node:fs and node:fs/promises for paths below /sim, as far as the collector uses them: every call goes to the disk of the process named in the path.
// The collector's own files that open, write and sync are run unchanged: redirect.ts puts this module in the place of Node's.
import * as nodeFs from 'node:fs';
import * as nodePromises from 'node:fs/promises';
import path from 'node:path';
import type { SimProcess } from '../sim-process.ts';
import { diskError } from './disk-faults.ts';
import { firstDamage } from '#tests/support/log-records.ts';
import type { CachedFile } from './page-cache.ts';
import type { SimDisk } from './sim-disk.ts';

export * from 'node:fs';

const PREFIX = '/sim/';
/** Free blocks are told in this size. */
const BLOCK_BYTES = 4096;

interface Mounted {
  readonly process: SimProcess;
  readonly disk: SimDisk;
}

const mounted = new Map<string, Mounted>();

/** Shows a disk to a process. Returns the directory under which it sees the disk. */
export function mount(process: SimProcess, disk: SimDisk): string {
  mounted.set(String(process.id), { process, disk });
  return `${PREFIX}${process.id}`;
}

export function unmountAll(): void {
  mounted.clear();
}

interface Place extends Mounted {
  readonly file: string;
}

/** undefined: a path of the real disk. */
function placeOf(target: unknown): Place | undefined {
  if (typeof target !== 'string' || !target.startsWith(PREFIX)) return undefined;
  const [id, ...rest] = target.slice(PREFIX.length).split('/');
  const found = mounted.get(id ?? '');
  if (found === undefined) throw new Error(`${target}: no such process in this simulation`);
  return { ...found, file: path.posix.normalize(`/${rest.join('/')}`) };
}

function fileAt({ disk, file }: Place, call: string): CachedFile {
  const found = disk.entries.get(file);
  if (found === undefined) throw diskError(disk.directories.has(file) ? 'EISDIR' : 'ENOENT', call, file);
  return found;
}

class SimFileHandle {
  readonly #place: Place;
  readonly #file: CachedFile | undefined;
  #position = 0;
  #isClosed = false;

  /** @param file undefined: a directory */
  constructor(place: Place, file: CachedFile | undefined, atEnd: boolean) {
    this.#place = place;
    this.#file = file;
    if (atEnd && file !== undefined) this.#position = file.length;
  }

  async writev(
    parts: readonly Buffer[],
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffers: readonly Buffer[] }> {
    return { bytesWritten: await this.#write(Buffer.concat(parts), position), buffers: parts };
  }

  async write(
    buffer: Buffer | string,
    offset = 0,
    length?: number,
    position?: number | null,
  ): Promise<{ bytesWritten: number }> {
    const bytes =
      typeof buffer === 'string'
        ? Buffer.from(buffer)
        : buffer.subarray(offset, length === undefined ? undefined : offset + length);
    return { bytesWritten: await this.#write(bytes, position) };
  }

  async writeFile(data: Buffer | string): Promise<void> {
    let rest = Buffer.from(data);
    while (rest.length > 0) rest = rest.subarray(await this.#write(rest, undefined));
  }

  async read(
    buffer: Buffer,
    offset = 0,
    length = buffer.length - offset,
    position: number | null = null,
  ): Promise<{ bytesRead: number; buffer: Buffer }> {
    const { disk, process, file } = this.#place;
    return disk.call(process, 'read', file, length, () => {
      const from = position ?? this.#position;
      const bytesRead = this.#data()
        .read(from, from + length)
        .copy(buffer, offset);
      if (position === null) this.#position += bytesRead;
      return { bytesRead, buffer };
    });
  }

  async readFile(): Promise<Buffer> {
    const { disk, process, file } = this.#place;
    return disk.call(process, 'read', file, this.#data().length, () => this.#data().read(this.#position));
  }

  async stat(): Promise<{ size: number }> {
    return { size: this.#data().length };
  }

  async sync(): Promise<void> {
    const { disk, process, file } = this.#place;
    const target = this.#file;
    return disk.call(
      process,
      'sync',
      file,
      0,
      () => {
        if (target === undefined) disk.syncDirectory(file);
        else target.sync();
      },
      () => target?.syncFailed(),
    );
  }

  async datasync(): Promise<void> {
    return this.sync();
  }

  async truncate(length = 0): Promise<void> {
    const { disk, process, file } = this.#place;
    return disk.call(process, 'truncate', file, 0, () => this.#data().cut(length));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async chmod(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #data(): CachedFile {
    if (this.#isClosed) throw diskError('EBADF', 'read', this.#place.file);
    if (this.#file === undefined) throw diskError('EISDIR', 'read', this.#place.file);
    return this.#file;
  }

  #write(bytes: Buffer, position: number | null | undefined): Promise<number> {
    const { disk, process, file } = this.#place;
    const target = this.#data();
    const put = (part: Buffer): void => {
      target.write(position ?? this.#position, part);
      if (typeof position !== 'number') this.#position += part.length;
    };
    const call = disk.call(
      process,
      'write',
      file,
      bytes.length,
      () => {
        const room = disk.freeBytes + Math.max(0, target.length - (position ?? this.#position));
        if (room === 0 && bytes.length > 0) {
          disk.onError('ENOSPC');
          throw diskError('ENOSPC', 'write', file);
        }
        const taken = disk.faults.taken(Math.min(bytes.length, room));
        put(bytes.subarray(0, taken));
        disk.noteFree();
        return taken;
      },
      (share) => put(bytes.subarray(0, Math.min(disk.freeBytes, Math.floor(bytes.length * share)))),
    );
    if (!disk.faults.isLying || !file.endsWith('.wal')) return call;
    call.catch(() => undefined);
    return Promise.resolve(bytes.length);
  }
}

/** So much of fs.promises.open as programs here use. */
export async function open(
  target: string,
  flags = 'r',
  _mode?: number,
): Promise<SimFileHandle | nodePromises.FileHandle> {
  const place = placeOf(target);
  if (place === undefined) return nodePromises.open(target, flags);
  const { disk, process, file } = place;
  return disk.call(process, 'open', file, 0, () => {
    if (flags === 'r' && disk.directories.has(file)) return new SimFileHandle(place, undefined, false);
    let found = disk.entries.get(file);
    if (found === undefined || flags.includes('x')) {
      if (flags.startsWith('r')) throw diskError('ENOENT', 'open', file);
      if (found !== undefined) throw diskError('EEXIST', 'open', file);
      if (!disk.directories.has(path.posix.dirname(file))) throw diskError('ENOENT', 'open', file);
      const created = disk.newFile();
      disk.changeEntry(path.posix.dirname(file), (entries) => entries.set(file, created));
      found = created;
    } else if (flags.startsWith('w')) {
      found.cut(0);
    }
    return new SimFileHandle(place, found, flags.startsWith('a'));
  });
}

export async function readdir(target: string): Promise<string[]> {
  const place = placeOf(target);
  if (place === undefined) return nodePromises.readdir(target);
  const { disk, process, file } = place;
  return disk.call(process, 'list', file, 0, () => namesIn(place));
}

export async function readFile(target: string, encoding?: BufferEncoding): Promise<Buffer | string> {
  const place = placeOf(target);
  if (place === undefined) return nodePromises.readFile(target, encoding ?? null);
  const { disk, process, file } = place;
  await disk.call(process, 'open', file, 0, () => fileAt(place, 'open'));
  const all = await disk.call(process, 'read', file, disk.entries.get(file)?.length ?? 0, () =>
    fileAt(place, 'read').read(),
  );
  const bytes = disk.faults.stopsAtDamage && file.endsWith('.wal') ? all.subarray(0, firstDamage(all)) : all;
  return encoding === undefined ? bytes : bytes.toString(encoding);
}

export async function writeFile(target: string, data: Buffer | string): Promise<void> {
  if (placeOf(target) === undefined) return nodePromises.writeFile(target, data);
  const handle = await open(target, 'w');
  try {
    await (handle as SimFileHandle).writeFile(data);
  } finally {
    await handle.close();
  }
}

export async function unlink(target: string): Promise<void> {
  const place = placeOf(target);
  if (place === undefined) return nodePromises.unlink(target);
  const { disk, process, file } = place;
  return disk.call(process, 'unlink', file, 0, () => {
    fileAt(place, 'unlink');
    disk.changeEntry(path.posix.dirname(file), (entries) => entries.delete(file));
  });
}

export async function rm(target: string, options: { force?: boolean; recursive?: boolean } = {}): Promise<void> {
  const place = placeOf(target);
  if (place === undefined) return nodePromises.rm(target, options);
  if (options.recursive === true && place.disk.directories.has(place.file)) {
    for (const name of namesIn(place)) await unlink(`${target}/${name}`);
    return;
  }
  if (options.force === true && !place.disk.entries.has(place.file)) return;
  await unlink(target);
}

export async function rename(from: string, to: string): Promise<void> {
  const source = placeOf(from);
  const target = placeOf(to);
  if (source === undefined || target === undefined) return nodePromises.rename(from, to);
  const { disk, process, file } = source;
  return disk.call(process, 'rename', file, 0, () => {
    const moved = fileAt(source, 'rename');
    disk.changeEntry(path.posix.dirname(file), (entries) => {
      entries.delete(file);
      entries.set(target.file, moved);
    });
  });
}

export async function copyFile(from: string, to: string): Promise<void> {
  if (placeOf(from) === undefined) return nodePromises.copyFile(from, to);
  await writeFile(to, await readFile(from));
}

export async function mkdir(
  target: string,
  options?: { recursive?: boolean; mode?: number },
): Promise<string | undefined> {
  if (placeOf(target) === undefined) return nodePromises.mkdir(target, options);
  mkdirSync(target);
  return undefined;
}

export async function stat(target: string): Promise<{ size: number; isDirectory(): boolean; isFile(): boolean }> {
  const place = placeOf(target);
  if (place === undefined) return nodePromises.stat(target);
  return statOf(place);
}

export async function statfs(
  target: string,
): Promise<{ bsize: number; blocks: number; bfree: number; bavail: number }> {
  const place = placeOf(target);
  if (place === undefined) return nodePromises.statfs(target);
  return statfsOf(place);
}

export async function chmod(target: string, mode: number): Promise<void> {
  if (placeOf(target) === undefined) await nodePromises.chmod(target, mode);
}

export async function access(target: string): Promise<void> {
  const place = placeOf(target);
  if (place === undefined) return nodePromises.access(target);
  statOf(place);
}

export function mkdirSync(target: string, options?: nodeFs.MakeDirectoryOptions): void {
  const place = placeOf(target);
  if (place === undefined) nodeFs.mkdirSync(target, options);
  else for (let at = place.file; at !== '/'; at = path.posix.dirname(at)) place.disk.directories.add(at);
}

export function chmodSync(target: string, mode: number): void {
  if (placeOf(target) === undefined) nodeFs.chmodSync(target, mode);
}

export function existsSync(target: string): boolean {
  const place = placeOf(target);
  return place === undefined
    ? nodeFs.existsSync(target)
    : place.disk.entries.has(place.file) || place.disk.directories.has(place.file);
}

export function statfsSync(target: string): { bsize: number; blocks: number; bfree: number; bavail: number } {
  const place = placeOf(target);
  return place === undefined ? nodeFs.statfsSync(target) : statfsOf(place);
}

function statOf(place: Place): { size: number; isDirectory(): boolean; isFile(): boolean } {
  const isDirectory = place.disk.directories.has(place.file);
  const size = isDirectory ? 0 : fileAt(place, 'stat').length;
  return { size, isDirectory: () => isDirectory, isFile: () => !isDirectory };
}

function statfsOf({ disk }: Place): { bsize: number; blocks: number; bfree: number; bavail: number } {
  const free = Math.floor((disk.faults.isBlind ? disk.capacityBytes : disk.freeBytes) / BLOCK_BYTES);
  return { bsize: BLOCK_BYTES, blocks: Math.floor(disk.capacityBytes / BLOCK_BYTES), bfree: free, bavail: free };
}

function namesIn({ disk, file }: Place): string[] {
  const prefix = `${file}/`;
  return [...disk.entries.keys()]
    .filter((name) => name.startsWith(prefix) && !name.includes('/', prefix.length))
    .map((name) => name.slice(prefix.length));
}
