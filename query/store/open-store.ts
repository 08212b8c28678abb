// The store of query: one reader for each kind of what is stored, each behind its contract. Whatever answers over HTTP asks these and nothing else.
import type { CardinalityReader, SeriesStore } from '#query/promql/storage.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { ClickHouseDecisions } from './decisions/clickhouse.ts';
import type { DecisionReader } from './decisions/contract.ts';
import { clickHouseIdentities } from './identities.ts';
import { ClickHouseLogs } from './logs/clickhouse.ts';
import type { LogReader } from './logs/contract.ts';
import { ClickHouseCardinality } from './series/cardinality.ts';
import { ClickHouseSeries } from './series/clickhouse.ts';
import { ClickHouseServices } from './services/clickhouse.ts';
import type { ServiceReader } from './services/contract.ts';
import { ClickHouseSuggestions } from './suggestions/clickhouse.ts';
import type { SuggestionReader } from './suggestions/contract.ts';
import { ClickHouseTraces } from './traces/clickhouse.ts';
import type { TraceReader } from './traces/contract.ts';

export interface Store {
  readonly traces: TraceReader;
  readonly logs: LogReader;
  /** What PromQL is evaluated on. */
  readonly series: SeriesStore;
  readonly cardinality: CardinalityReader;
  readonly services: ServiceReader;
  readonly decisions: DecisionReader;
  readonly suggestions: SuggestionReader;
  isReachable(): Promise<boolean>;
  close(): Promise<void>;
}

/** Nothing is asked before the first question. */
export function openStore(options: DatabaseOptions): Store {
  return storeOver(new Database(options));
}

/** @param db closed with the store */
export function storeOver(db: Database): Store {
  const identities = clickHouseIdentities(db);
  return {
    traces: new ClickHouseTraces(db, identities),
    logs: new ClickHouseLogs(db, identities),
    series: new ClickHouseSeries(db),
    cardinality: new ClickHouseCardinality(db),
    services: new ClickHouseServices(db),
    decisions: new ClickHouseDecisions(db),
    suggestions: new ClickHouseSuggestions(db),
    isReachable: () => db.isReachable(),
    close: () => db.close(),
  };
}
