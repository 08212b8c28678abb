// Creates the one client through which the collector reaches ClickHouse.
import type { ClickHouseClient } from '@clickhouse/client';
import { createClient } from '@clickhouse/client';

export interface ClickHouseAddress {
  /** http(s)://[user:password@]host:port */
  url: string;
  user?: string | undefined;
  password?: string | undefined;
  database?: string | undefined;
}

// An insert of 16 MiB takes well under a second; a server that merges hard may take many. Retried with the same token.
const REQUEST_TIMEOUT_MS = 60_000;
// Inserts run a few at a time; the rest is for migrations and health.
const MAX_CONNECTIONS = 8;

export function createStoreClient(address: ClickHouseAddress): ClickHouseClient {
  return createClient({
    url: address.url,
    ...(address.user === undefined ? {} : { username: address.user }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.database === undefined ? {} : { database: address.database }),
    application: 'winnow-collector',
    request_timeout: REQUEST_TIMEOUT_MS,
    max_open_connections: MAX_CONNECTIONS,
    log: { level: 127 }, // our own log says what failed, once
  });
}
