// Processes as the kernel knows them: which a process started, whether one is there, and the wait until it is not.
import { readdirSync, readFileSync } from 'node:fs';

const POLL_MS = 20;

/** Pids of the processes whose parent is `pid`, with their command lines. Linux only. */
export function childrenOf(pid: number): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return parent === pid
          ? [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') }]
          : [];
      } catch {
        return []; // it ended meanwhile
      }
    });
}

/** The child of `pid` whose command line contains `part`. @throws Error when there is none */
export function childOf(pid: number, part: string): number {
  const children = childrenOf(pid);
  const found = children.find(({ command }) => command.includes(part));
  if (found === undefined) throw new Error(`no child of ${pid} runs ${part}: ${JSON.stringify(children)}`);
  return found.pid;
}

/** A process that has ended and that no parent has asked after is not there. Linux only. */
export function isThere(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** Whether the process ends within the time; resolves as soon as it has. */
export async function ends(pid: number, withinMs: number): Promise<boolean> {
  for (const deadline = Date.now() + withinMs; isThere(pid);) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}
