// The tables as a collector without settings makes them.
import type { ClickHouseClient } from '@clickhouse/client';
import { createTables } from '#collector/store/create-tables.ts';

const DAY_MS = 86_400_000;
/** The defaults of `retention.*`. */
export const DEFAULT_RETENTION = {
  traces: 7 * DAY_MS,
  logs: 7 * DAY_MS,
  metrics: 30 * DAY_MS,
  decisions: 3 * DAY_MS,
} as const;

export function makeTables(client: ClickHouseClient): Promise<string[]> {
  return createTables(client, DEFAULT_RETENTION);
}
