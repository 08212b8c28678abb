// Finds the fewest faults with which a schedule still fails the same way: first the shortest beginning of the list, then without each of the rest.
import type { Fault, Schedule } from './schedule.ts';

/** Runs that a search may take. */
const MOST_RUNS = 120;

/** @param fails runs a schedule and says whether it fails as the whole one does */
export async function shrink(schedule: Schedule, fails: (schedule: Schedule) => Promise<boolean>): Promise<Schedule> {
  let left = MOST_RUNS;
  const tried = async (faults: readonly Fault[]): Promise<boolean> =>
    left-- > 0 && (await fails({ ...schedule, faults }));
  let faults = schedule.faults;
  // Not every beginning of a failing list fails, so this finds a short one, not always the shortest.
  for (let least = 0, most = faults.length; least < most;) {
    const middle = (least + most) >> 1;
    if (await tried(schedule.faults.slice(0, middle))) {
      most = middle;
      faults = schedule.faults.slice(0, middle);
    } else {
      least = middle + 1;
    }
  }
  for (let size = Math.max(1, faults.length >> 1); size >= 1; size = size === 1 ? 0 : size >> 1) {
    for (let at = 0; at < faults.length;) {
      const rest = [...faults.slice(0, at), ...faults.slice(at + size)];
      if (await tried(rest)) faults = rest;
      else at += size;
    }
  }
  return { ...schedule, faults };
}

/** What kinds of violation these are: the words before the first colon. */
export function kindsOf(violations: readonly string[]): string[] {
  return [...new Set(violations.map((violation) => violation.split(':', 1)[0] ?? ''))].toSorted();
}
