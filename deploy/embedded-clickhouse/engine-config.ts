// Writes the two configuration files the engine reads at start: memory and cache sizes, and the one user with its
// grants. The user has no source grants, so no SQL can read files or reach the network through table functions.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Mark cache for about 10^9 rows of our tables; the engine's own default (5 GiB) is for a dedicated machine.
const MARK_CACHE_BYTES = 128 * 1024 * 1024;
const UNCOMPRESSED_CACHE_BYTES = 0;
// Merges run beside ingestion on the same cores; two are what the engine's embedded default allows.
const BACKGROUND_POOL_SIZE = 2;
// Blocks remembered per table for deduplication where a table does not say its own (ours all do).
const DEDUPLICATION_WINDOW_BLOCKS = 10_000;

const GRANTS = 'GRANT SELECT, INSERT, CREATE, DROP, ALTER, OPTIMIZE, TRUNCATE, KILL QUERY, SHOW, SYSTEM FLUSH ON *.*';

/** Writes config.xml and users.xml into `configDir` and returns the absolute path of the former. */
export function writeEngineConfig(configDir: string, memoryBytes: number): string {
  mkdirSync(configDir, { recursive: true });
  const usersPath = join(configDir, 'users.xml');
  const configPath = join(configDir, 'config.xml');
  writeFileSync(usersPath, `<clickhouse>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <users><default>
    <password></password><networks><ip>127.0.0.1</ip><ip>::/0</ip></networks>
    <profile>default</profile><quota>default</quota>
    <grants><query>${GRANTS}</query></grants>
  </default></users>
</clickhouse>
`);
  writeFileSync(configPath, `<clickhouse>
  <max_server_memory_usage>${memoryBytes}</max_server_memory_usage>
  <mark_cache_size>${MARK_CACHE_BYTES}</mark_cache_size>
  <uncompressed_cache_size>${UNCOMPRESSED_CACHE_BYTES}</uncompressed_cache_size>
  <background_pool_size>${BACKGROUND_POOL_SIZE}</background_pool_size>
  <users_config>${escapeXml(usersPath)}</users_config>
  <merge_tree>
    <non_replicated_deduplication_window>${DEDUPLICATION_WINDOW_BLOCKS}</non_replicated_deduplication_window>
  </merge_tree>
</clickhouse>
`);
  return configPath;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
