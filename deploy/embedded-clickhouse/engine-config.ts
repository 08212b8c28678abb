// Writes the two configuration files the engine reads at start: memory and cache sizes, and the one user with its
// grants. The user has no source grants, so no SQL can read files or reach the network through table functions.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Mark cache for about 10^9 rows of our tables; the engine's own default (5 GiB) is for a dedicated machine.
const MARK_CACHE_BYTES = 128 * 1024 * 1024;
const UNCOMPRESSED_CACHE_BYTES = 0;
// Merges run beside ingestion on the same cores; two are what the engine's embedded default allows.
const BACKGROUND_POOL_SIZE = 2;
// Threads of the engine that are kept while they have nothing to do, each with its stack and a cache of the allocator. The engine keeps 1,000: a busy
// minute left 120 of them behind for good.
const MAX_FREE_THREADS = 8;
// Blocks remembered per table for deduplication where a table does not say its own (ours all do).
const DEDUPLICATION_WINDOW_BLOCKS = 10_000;

const GRANTS =
  'GRANT SELECT, INSERT, CREATE, DROP, ALTER, OPTIMIZE, TRUNCATE, CHECK, KILL QUERY, SHOW, SYSTEM FLUSH, SYSTEM MERGES ON *.*';

// Merges and inserts reserve what they are going to write, and none begins that would leave less than this free: a share of
// the reserve below which the collector accepts nothing, so that log and spool can still be emptied into the engine.
const KEEP_FREE_SHARE = 0.25;
const MIN_KEEP_FREE_BYTES = 16 * 1024 * 1024;
const MAX_KEEP_FREE_BYTES = 64 * 1024 * 1024;

// Parts stay this long after they were merged: longer than it takes to see that the merged one could not be written and to restart
// the engine (engine-watch.ts). chDB's own default is 0. They cost disk, about 0.5 kB a span, and memory, about 30 kB a part, three
// or four parts a second: eleven minutes on a disk of 22 GB or more, four on a small one. Eleven, because of two parts that can't be
// read the second waits up to ten for its restart.
const MIN_OLD_PARTS_SECONDS = 240;
const MAX_OLD_PARTS_SECONDS = 660;
const OLD_PARTS_BYTES_PER_SECOND = 32 * 1024 * 1024;
// What was set aside as broken is removed after the engine's 30 days.
const CLEAR_BROKEN = 1;

export interface EngineLimits {
  readonly memoryBytes: number;
  /** Below this much free disk the collector accepts nothing. */
  readonly reserveBytes: number;
  /** Size of the disk; undefined when it cannot be known. */
  readonly diskBytes: number | undefined;
}

export function keepFreeBytes(reserveBytes: number): number {
  return Math.round(Math.min(MAX_KEEP_FREE_BYTES, Math.max(MIN_KEEP_FREE_BYTES, reserveBytes * KEEP_FREE_SHARE)));
}

export function oldPartsSeconds(diskBytes: number): number {
  return Math.round(
    Math.min(MAX_OLD_PARTS_SECONDS, Math.max(MIN_OLD_PARTS_SECONDS, diskBytes / OLD_PARTS_BYTES_PER_SECOND)),
  );
}

/** Writes config.xml and users.xml into `configDir` and returns the absolute path of the former. */
export function writeEngineConfig(configDir: string, { memoryBytes, reserveBytes, diskBytes }: EngineLimits): string {
  mkdirSync(configDir, { recursive: true });
  const usersPath = join(configDir, 'users.xml');
  const configPath = join(configDir, 'config.xml');
  writeIfChanged(
    usersPath,
    `<clickhouse>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <users><default>
    <password></password><networks><ip>127.0.0.1</ip><ip>::/0</ip></networks>
    <profile>default</profile><quota>default</quota>
    <grants><query>${GRANTS}</query></grants>
  </default></users>
</clickhouse>
`,
  );
  writeIfChanged(
    configPath,
    `<clickhouse>
  <max_server_memory_usage>${memoryBytes}</max_server_memory_usage>
  <mark_cache_size>${MARK_CACHE_BYTES}</mark_cache_size>
  <uncompressed_cache_size>${UNCOMPRESSED_CACHE_BYTES}</uncompressed_cache_size>
  <background_pool_size>${BACKGROUND_POOL_SIZE}</background_pool_size>
  <max_thread_pool_free_size>${MAX_FREE_THREADS}</max_thread_pool_free_size>
  <async_load_databases>false</async_load_databases>
  <users_config>${escapeXml(usersPath)}</users_config>
  <merge_tree>
    <non_replicated_deduplication_window>${DEDUPLICATION_WINDOW_BLOCKS}</non_replicated_deduplication_window>
    <old_parts_lifetime>${oldPartsSeconds(diskBytes ?? 0)}</old_parts_lifetime>
    <merge_tree_enable_clear_old_broken_detached>${CLEAR_BROKEN}</merge_tree_enable_clear_old_broken_detached>
  </merge_tree>
  <storage_configuration><disks><default>
    <keep_free_space_bytes>${keepFreeBytes(reserveBytes)}</keep_free_space_bytes>
  </default></disks></storage_configuration>
</clickhouse>
`,
  );
  return configPath;
}

/** On a full disk nothing is written, because nothing has changed. */
function writeIfChanged(path: string, text: string): void {
  const isThere = existsSync(path);
  if (isThere && readFileSync(path, 'utf8') === text) return;
  try {
    writeFileSync(`${path}.part`, text);
    renameSync(`${path}.part`, path);
  } catch (error) {
    if (!isThere) throw error; // the one of the version before does until there is room
  }
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
