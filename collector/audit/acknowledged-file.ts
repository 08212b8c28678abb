// How many items the collector has acknowledged, in a file of its own: a later life finds out whether its log has them all.
import { membersOf } from '#proto/model/untyped.ts';
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import type { AuditFiles } from './audit-log.ts';

/** Items of requests that are in the log, over all lives of the data directory. */
export type AcknowledgedItems = Readonly<Record<Signal, number>>;

const NAME = 'acknowledged.json';

/** undefined: there is no such file, or loss of power has left it in pieces. Rejects when the disk cannot read it. */
export async function readAcknowledged(files: AuditFiles): Promise<AcknowledgedItems | undefined> {
  if (!(await files.list()).includes(NAME)) return undefined;
  try {
    return itemsIn(JSON.parse((await files.read(NAME)).toString()));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Rejects when the disk cannot write it: then the file stays as it was. */
export async function writeAcknowledged(
  files: AuditFiles,
  { traces, logs, metrics }: AcknowledgedItems,
): Promise<void> {
  await files.replace(NAME, Buffer.from(`${JSON.stringify({ traces, logs, metrics })}\n`));
}

/** Nothing is known any more, as requests are acknowledged without a log. */
export async function removeAcknowledged(files: AuditFiles): Promise<void> {
  if ((await files.list()).includes(NAME)) await files.remove(NAME);
}

function itemsIn(json: unknown): AcknowledgedItems | undefined {
  const counts = membersOf(json);
  const [traces, logs, metrics] = SIGNALS.map((signal) => Number(counts[signal]));
  if (![traces, logs, metrics].every(Number.isSafeInteger)) return undefined;
  return { traces: traces!, logs: logs!, metrics: metrics! };
}
