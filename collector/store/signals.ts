// Which signal a block belongs to: the spool's room and the sending are shared out by signal.

import type { Signal } from '#proto/otlp/signal.ts';

const LOG_TABLES: ReadonlySet<string> = new Set(['logs']);
const METRIC_TABLES: ReadonlySet<string> = new Set(['series', 'samples', 'exemplars']);
/** Spans and log records point at their rows. */
const SHARED_TABLES: ReadonlySet<string> = new Set(['resources', 'scopes']);

export type SignalBytes = Record<Signal, number>;

export function noBytes(): SignalBytes {
  return { traces: 0, logs: 0, metrics: 0 };
}

/**
 * Rows of resources and scopes come from spans and from log records. They count to whichever of the two has more in the spool: a flood of
 * one that is mostly
 * resources fills its own part, and not that of the other.
 */
export function signalOf(table: string, waiting: SignalBytes): Signal {
  if (LOG_TABLES.has(table)) return 'logs';
  if (METRIC_TABLES.has(table)) return 'metrics';
  if (SHARED_TABLES.has(table) && waiting.logs > waiting.traces) return 'logs';
  return 'traces';
}
