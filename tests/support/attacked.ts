// Watches a running Winnow while something hostile is put to it: memory of its processes, and whether others are answered meanwhile.
import { readdirSync, readFileSync } from 'node:fs';
import type { RunningWinnow } from './running-winnow.ts';

const BYTES_PER_MB = 1024 * 1024;

function statusOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined;
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** The process that runs a program of this Winnow. */
export function processOf({ dir }: RunningWinnow, program: string): string {
  const pid = readdirSync('/proc').find((name) => {
    const command = /^\d+$/.test(name) ? commandOf(name) : '';
    return command.includes(program) && command.includes(dir);
  });
  if (pid === undefined) throw new Error(`${program} does not run`);
  return pid;
}

/** Megabytes of a process: now, and at most since it began. */
function memoryOf(pid: string): { readonly nowMb: number; readonly peakMb: number } {
  const status = statusOf(pid) ?? '';
  const read = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) * 1024) / BYTES_PER_MB;
  return { nowMb: read('VmRSS'), peakMb: read('VmHWM') };
}

export interface Watched {
  readonly status: number;
  readonly text: string;
  /** By how much each process grew beyond what it had before. */
  readonly grownMb: readonly number[];
  /** Light questions that were answered meanwhile, the last one maybe a little later. */
  readonly answered: number;
}

/** @param light a question that takes a few milliseconds */
export async function attack(
  pids: readonly string[],
  ask: () => Promise<Response>,
  light: () => Promise<unknown>,
): Promise<Watched> {
  const before = pids.map(memoryOf);
  let isOver = false;
  let answered = 0;
  const others = (async () => {
    while (!isOver) {
      await light();
      answered++;
    }
  })();
  const response = await ask().finally(() => {
    isOver = true;
  });
  const text = await response.text();
  await others;
  const grownMb = pids.map((pid, at) => Math.max(0, memoryOf(pid).peakMb - before[at]!.nowMb));
  return { status: response.status, text, grownMb, answered };
}
