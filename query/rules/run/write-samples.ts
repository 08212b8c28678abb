// Where rules write: a series has one point per time, in order, as in Prometheus' store, whichever rules write into it.
import type { RuleSample } from '#query/rules/model.ts';
import type { FreshSamples } from './fresh-samples.ts';
import type { SampleQueue } from './sample-queue.ts';

export class SampleDoor {
  readonly #fresh: FreshSamples;
  readonly #queue: SampleQueue;
  /** Points of a series that had one of that time, or a later one. */
  discarded = 0;

  constructor(fresh: FreshSamples, queue: SampleQueue) {
    this.#fresh = fresh;
    this.#queue = queue;
  }

  /** When it returns, queries of rules see the samples. @throws Error where another rule has written the series; the other samples are written */
  write(samples: readonly RuleSample[]): void {
    const accepted: RuleSample[] = [];
    let problem: string | undefined;
    for (const sample of samples) {
      const reason = this.#problemOf(sample);
      if (reason === '') accepted.push(sample);
      else if (reason !== undefined) {
        this.discarded++;
        // A series that one rule no longer has may be another's by now.
        if (sample.value !== 'stale') problem = reason;
      }
    }
    this.#queue.add(accepted);
    if (problem !== undefined) throw new Error(problem);
  }

  /** Empty: there is none. undefined: the same point is there already. */
  #problemOf({ labels, timeMs, value }: RuleSample): string | undefined {
    const newest = this.#fresh.newest(labels);
    if (newest === undefined || newest.timeMs < timeMs) return '';
    if (newest.timeMs > timeMs) return 'out of order sample';
    return Object.is(newest.value, value) ? undefined : 'duplicate sample for timestamp';
  }
}
