// Decides every trace in memory by a configuration to try, whichever kind it is.
import type { TriedConfig } from './compile-config.ts';
import { simulateCollector } from './simulate-collector.ts';
import { simulateOwn, type SimulatedTrace } from './simulate-own.ts';
import type { WholeTraces } from './whole-traces.ts';

/** Sorted by trace id; one for each trace. */
export function simulate(traces: WholeTraces, tried: TriedConfig): SimulatedTrace[] {
  return tried.kind === 'own' ? simulateOwn(traces, tried.rules) : simulateCollector(traces, tried.policies);
}
