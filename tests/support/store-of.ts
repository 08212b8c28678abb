// The store of query over a ClickHouse that a test has started.
import type { DatabaseOptions } from '#query/store/database.ts';
import { openStore, type Store } from '#query/store/open-store.ts';

/** @param url with user and secret */
export function optionsOf(url: string, more: Partial<DatabaseOptions> = {}): DatabaseOptions {
  const { username: user, password } = new URL(url);
  return { url, user, password, database: 'default', ...more };
}

/** @param url with user and secret */
export function storeAt(url: string, more: Partial<DatabaseOptions> = {}): Store {
  return openStore(optionsOf(url, more));
}
