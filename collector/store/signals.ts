// Which signal a block belongs to: the spool's room and the sending are shared out by signal.
import type { Signal } from '#proto/otlp/signal.ts';
import { ALL_TABLES } from '#proto/tables/all-tables.ts';

const SIGNAL_OF = new Map(ALL_TABLES.map(({ name, signal }) => [name, signal]));

export type SignalBytes = Record<Signal, number>;

export function noBytes(): SignalBytes {
  return { traces: 0, logs: 0, metrics: 0 };
}

/**
 * Rows of resources and scopes come from spans and from log records. They count to whichever of the two has more in the spool: a flood of
 * one that is mostly resources fills its own part, and not that of the other.
 */
export function signalOf(table: string, waiting: SignalBytes): Signal {
  const signal = SIGNAL_OF.get(table) ?? 'traces';
  if (signal === 'spans and logs') return waiting.logs > waiting.traces ? 'logs' : 'traces';
  return signal;
}
