// What an experiment is: written down as data before it runs, so that the report can say whether the hypothesis held.
import type { Rates } from './exact-client.ts';
import type { Need } from './machine.ts';
import type { Stage } from './stage.ts';

export interface Experiment {
  readonly name: string;
  /** What is believed, in numbers where it can be. */
  readonly hypothesis: string;
  /** What is normal, and measured before and after. */
  readonly steadyState: string;
  /** What is done. */
  readonly fault: string;
  /** What it can reach. */
  readonly blastRadius: string;
  /** When it is broken off. */
  readonly abort: string;
  readonly needs: readonly Need[];
  /** How long faults go on, minutes, where nobody says otherwise. */
  readonly minutes: number;
  /** Only when it is asked for by name. */
  readonly isLong?: boolean;
  /** Where the data directory lies: an ordinary directory, a small tmpfs, an ext4 of its own. */
  readonly disk?: { readonly kind: 'tmpfs' | 'image'; readonly bytes: number };
  /** Clients come through a proxy that can cut. */
  readonly isProxied?: boolean;
  /** ClickHouse is one of its own, behind a proxy that can lose answers. */
  readonly hasClickHouseProxy?: boolean;
  /** Times of the processes come from libfaketime. */
  readonly hasFakeClock?: boolean;
  readonly rates?: Rates;
  readonly args?: readonly string[];
  readonly mostUnderWay?: number;
  readonly itemsPerRequest?: number;
  /** Does it. Time to come to rest and the comparison follow. @throws Error when something is not as it must be */
  readonly inject: (stage: Stage) => Promise<void>;
  /** What else must hold afterwards; each string is a reason why not. */
  readonly alsoChecks?: (stage: Stage) => Promise<readonly string[]>;
  /** Loss or doubling that the fault itself brings, with the reason. */
  readonly excuses?: { readonly mostLost: (stage: Stage) => number; readonly why: string };
}
