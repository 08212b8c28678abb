// A process that runs schedules for run.ts, one after the other.
import './redirect.ts';
import type { Broken } from './broken.ts';
import type { Schedule } from './schedule.ts';
import type { Outcome } from './simulate.ts';

export interface Job {
  readonly id: number;
  readonly schedule: Schedule;
  readonly traces: boolean;
  readonly broken: Broken | undefined;
}

export interface JobResult {
  readonly id: number;
  readonly outcome: Outcome;
}

// What uses the collector is loaded after its files have been replaced.
const { simulate } = await import('./simulate.ts');

process.on('message', (job: Job) => {
  void simulate(job.schedule, { traces: job.traces, broken: job.broken }).then((outcome) => {
    const result: JobResult = { id: job.id, outcome };
    process.send?.(result, () => undefined); // nobody may be there to hear it any more
  });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ id: -1 });
