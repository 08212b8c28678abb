// A write-ahead log over a disk in memory, with a clock of its own, and what is read back of it.
import { Durability, type DurableState } from '#collector/wal/durability.ts';
import { KnownRequests } from '#collector/wal/known-requests.ts';
import { readLog } from '#collector/wal/read-log.ts';
import type { RecordHead } from '#collector/wal/record.ts';
import { WriteAheadLog, type WalOptions } from '#collector/wal/write-ahead-log.ts';
import { MemoryLogFiles } from './memory-log-files.ts';

export const NO_CAP = { sync: false, capBytes: 2 ** 30, existing: [] };

export function head(number: number, atMs = 1000, type: RecordHead['type'] = 'request'): RecordHead {
  return { type, signal: 'traces', transport: 'grpc', encoding: 'protobuf', number, overloadSteps: 0, atMs };
}

export class LogUnderTest {
  nowMs = 1000;
  readonly files: MemoryLogFiles;
  readonly log: WriteAheadLog;
  readonly told: (string | undefined)[] = [];
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];

  constructor(options: Partial<WalOptions> & { files?: MemoryLogFiles } = {}) {
    this.files = options.files ?? new MemoryLogFiles();
    this.log = new WriteAheadLog({
      ...NO_CAP,
      ...options,
      files: this.files,
      after: (ms, run) => this.#timers.push({ atMs: this.nowMs + ms, run }),
      onFailure: (error) => this.told.push(error?.message),
      onStall: (isStalled) => this.told.push(isStalled ? 'stalled' : undefined),
    });
  }

  /** Time passes, and what is due is done. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.nowMs);
    for (const { run } of due) run();
    await new Promise(setImmediate);
  }

  durability(state: Partial<DurableState> = {}): Durability {
    const known = new KnownRequests({ installId: 'test', elapsedMs: () => this.nowMs });
    return new Durability(
      this.log,
      known,
      {
        nextSpan: () => 0,
        oldestMs: () => Infinity,
        overloadSteps: () => 0,
        nowMs: () => this.nowMs,
        elapsedMs: () => this.nowMs,
        ...state,
      },
      undefined,
    );
  }
}

/** Bodies of the requests in the log. */
export async function bodiesIn(files: MemoryLogFiles): Promise<string[]> {
  const bodies: string[] = [];
  for await (const { type, body } of (await readLog(files)).records())
    if (type === 'request') bodies.push(body.toString());
  return bodies;
}
