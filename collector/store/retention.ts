// How long rows of each table are kept by `retention.*` of the configuration; a table that was made with another TTL is altered.
import type { ClickHouseClient } from '@clickhouse/client';
import { ALL_TABLES } from '#proto/tables/all-tables.ts';
import type { Keep, Table } from '#proto/tables/table.ts';
import { ttlSql } from './table-ddl.ts';

/** What to keep how long, ms, counted from the time a row was stored. */
export interface Retention {
  readonly traces: number;
  readonly logs: number;
  readonly metrics: number;
  readonly decisions: number;
}

/** Resources and scopes are written again daily while in use: they outlive what points at them by more than that. */
const RESOURCE_MARGIN_S = 2 * 86_400;
/** Labels are written again while their series lives; they outlive its last samples. */
const SERIES_MARGIN_S = 10 * 86_400;
/** A TTL of zero would remove rows while they are being written. */
const LEAST_S = 60;
/** ClickHouse's DateTime ends in 2106 and wraps round: a longer TTL would lie in the past and remove everything at once. */
const MOST_S = 50 * 365 * 86_400;

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  Second: 1,
  Minute: 60,
  Hour: 3600,
  Day: 86_400,
  Week: 604_800,
};

/** Alters the tables whose TTL is not what `retention` asks for and returns their names. Safe at every start and with several collectors. */
export async function applyRetention(client: ClickHouseClient, retention: Retention): Promise<string[]> {
  const result = await client.query({
    query:
      'SELECT name, engine_full FROM system.tables WHERE database = currentDatabase() AND name IN {names:Array(String)}',
    query_params: { names: ALL_TABLES.map(({ name }) => name) },
    format: 'JSONEachRow',
  });
  const engines = new Map(
    (await result.json<{ name: string; engine_full: string }>()).map((row) => [row.name, row.engine_full]),
  );
  const altered: string[] = [];
  for (const table of ALL_TABLES) {
    const seconds = ttlSeconds(table, retention);
    const current = ttlInForce(engines.get(table.name) ?? '');
    if (current === undefined || current === seconds) continue; // absent, or a TTL that somebody wrote by hand: theirs
    await client.command({ query: `ALTER TABLE ${table.name} MODIFY TTL ${ttlSql(table, seconds)}` });
    altered.push(table.name);
  }
  return altered;
}

/** How long rows of a table are kept, seconds. */
export function ttlSeconds(table: Table, retention: Retention): number {
  const traces = seconds(retention.traces);
  const logs = seconds(retention.logs);
  const metrics = seconds(retention.metrics);
  const byKeep: Readonly<Record<Keep, number>> = {
    traces,
    logs,
    metrics,
    decisions: seconds(retention.decisions),
    series: Math.min(MOST_S, metrics + SERIES_MARGIN_S),
    resources: Math.min(MOST_S, Math.max(traces, logs) + RESOURCE_MARGIN_S),
  };
  return byKeep[table.keep];
}

function seconds(ms: number): number {
  return Math.min(MOST_S, Math.max(LEAST_S, Math.ceil(ms / 1000)));
}

/** The TTL as ClickHouse shows it, in seconds: `… TTL stored_at + toIntervalDay(7) SETTINGS …`. Undefined when it is of another form. */
export function ttlInForce(engineFull: string): number | undefined {
  const match =
    /\sTTL (?:stored_at|toDateTime\(decided_at\)) \+ toInterval([A-Z][a-z]+)\((\d+)\)(?: SETTINGS\s|$)/.exec(
      engineFull,
    );
  const unit = UNIT_SECONDS[match?.[1] ?? ''];
  return unit === undefined ? undefined : unit * Number(match?.[2]);
}
