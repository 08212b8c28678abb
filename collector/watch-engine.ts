// Asks ClickHouse whether its parts are whole: the embedded one at `GET /status`, another one by its system tables, as far as
// its user may read them. Only an alarm: log, /healthz, metrics. The embedded one mends itself.
import type { Config } from '#proto/config/schema.ts';
import type { Log } from './self/log.ts';
import type { MetricSource } from './self/metrics.ts';
import { createStoreClient } from './store/client.ts';

const ASK_EVERY_MS = 5_000;
const ASK_TIMEOUT_MS = 4_000;
/** Of a server of your own every twelfth time only: its system tables are larger. */
const SERVER_EVERY = 12;
/** Codes of ClickHouse that data on disk are damaged. */
const DAMAGE_CODES = '33, 40, 226, 228, 246, 271';

/** What `GET /status` of the embedded ClickHouse says, as far as it is read here. */
interface EmbeddedStatus {
  readonly suspect: boolean;
  readonly reason: string;
  readonly startedMs: number;
  readonly brokenParts: number;
  readonly lostParts: number;
  readonly lostRows: number;
  readonly unreadableParts: readonly string[];
  readonly readErrors: number;
  readonly lastReadError: string;
}

export interface EngineHealth {
  /** What is the matter and what to do about it; empty while all is well. */
  sentences(): string[];
  readonly metrics: readonly MetricSource[];
  stop(): void;
}

export function watchEngine(config: Config, log: Log): EngineHealth {
  let embedded: EmbeddedStatus | undefined;
  let server: { readonly errors: number; readonly broken: number } | undefined;
  let serverAtStart: { readonly errors: number; readonly broken: number } | undefined;
  let count = 0;

  const ask = async (): Promise<void> => {
    const url = new URL('/status', config.clickhouse.url);
    const { username, password } = url;
    url.username = '';
    url.password = '';
    if (server === undefined) {
      const status = await askStatus(url, username, password);
      if (status === 'away') return;
      const before = embedded;
      embedded = status;
      if (status !== undefined) tell(status, before);
    }
    if (embedded === undefined && count++ % SERVER_EVERY === 0) {
      const found = await askServer(config);
      if (found === undefined) return;
      if (server !== undefined && (found.errors > server.errors || found.broken > server.broken)) log.error({ ...found }, 'ClickHouse reports damaged parts: see system.errors and system.detached_parts, and restore them');
      server = found;
      serverAtStart ??= found;
    }
  };
  const tell = (status: EmbeddedStatus, before: EmbeddedStatus | undefined): void => {
    if (status.suspect && before?.suspect !== true) log.error({}, `the embedded ClickHouse failed to write (${status.reason}): data waits in the spool until it has been restarted`);
    if (!status.suspect && before?.suspect === true) log.info({}, 'the embedded ClickHouse was restarted after a failed write, and takes data again');
    if (status.lostParts > (before?.lostParts ?? 0)) log.error({ rows: status.lostRows }, `${status.lostParts} parts of the embedded ClickHouse are broken, and no other part has their rows`);
  };

  let asking = false;
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    ask().catch((error: unknown) => { log.debug({ error: String(error) }, 'ClickHouse does not tell how its parts are'); }).finally(() => { asking = false; });
  }, ASK_EVERY_MS);
  timer.unref();

  const gauge = (name: string, help: string, read: () => number): MetricSource => ({ name, kind: 'gauge', help, labels: [], read: () => [[{}, read()]] });
  return {
    sentences: () => [...embeddedSentences(embedded), ...serverSentences(server, serverAtStart)],
    metrics: [
      gauge('winnow_store_suspect', '1: the embedded ClickHouse failed to write and takes nothing until it has been restarted', () => (embedded?.suspect === true ? 1 : 0)),
      gauge('winnow_store_broken_parts', 'parts that ClickHouse set aside as broken: the embedded one at its last start, another one in all', () => embedded?.brokenParts ?? server?.broken ?? 0),
      gauge('winnow_store_lost_parts', 'parts of the embedded ClickHouse that are broken and whose rows no other part has', () => embedded?.lostParts ?? 0),
      gauge('winnow_store_lost_rows', 'rows of such parts, as far as they are known', () => embedded?.lostRows ?? 0),
      gauge('winnow_store_read_errors', 'times that ClickHouse met damaged data since it started', () => embedded?.readErrors ?? server?.errors ?? 0),
    ],
    stop: () => { clearInterval(timer); },
  };
}

function embeddedSentences(status: EmbeddedStatus | undefined): string[] {
  if (status === undefined) return [];
  const { suspect, reason, lostParts, lostRows, unreadableParts, readErrors, lastReadError } = status;
  return [
    ...(suspect ? [`the embedded ClickHouse failed to write (${reason}): data waits in the spool, and it is restarted as soon as its disk has room; free some`] : []),
    ...(lostParts > 0 ? [`${lostParts} parts of the embedded ClickHouse are broken and ${lostRows === 0 ? 'their' : lostRows} rows are lost: see clickhouse/engine/store/*/*/detached below the data directory, and remove what you have looked at`] : []),
    ...(unreadableParts.length > 0 ? [`the embedded ClickHouse cannot read ${unreadableParts.join(', ')}, and no other part has these rows: ALTER TABLE … DETACH PART takes it out of the answers`] : []),
    ...(readErrors > 0 && unreadableParts.length === 0 ? [`the embedded ClickHouse met damaged data ${readErrors} times since its start, at last: ${lastReadError}`] : []),
  ];
}

function serverSentences(now: { readonly errors: number; readonly broken: number } | undefined, atStart: { readonly errors: number; readonly broken: number } | undefined): string[] {
  if (now === undefined || atStart === undefined || (now.errors <= atStart.errors && now.broken <= atStart.broken)) return [];
  return [`ClickHouse reports damaged data (${now.errors - atStart.errors} errors, ${now.broken - atStart.broken} broken parts since this collector started): see system.errors and system.detached_parts`];
}

/** undefined: it answers, but is not the embedded one. */
async function askStatus(url: URL, user: string, password: string): Promise<EmbeddedStatus | undefined | 'away'> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Basic ${Buffer.from(`${decodeURIComponent(user)}:${decodeURIComponent(password)}`).toString('base64')}` },
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) return response.status >= 500 ? 'away' : undefined;
    const status = JSON.parse(text) as Partial<EmbeddedStatus>;
    return typeof status.suspect === 'boolean' ? status as EmbeddedStatus : undefined;
  } catch {
    return 'away';
  }
}

/** undefined when its user may not read them. */
async function askServer({ clickhouse }: Config): Promise<{ errors: number; broken: number } | undefined> {
  const { url, user, password } = clickhouse;
  const client = createStoreClient({ url, ...(new URL(url).username === '' ? { user, password } : {}) });
  try {
    const result = await client.query({
      query: `SELECT (SELECT sum(value) FROM system.errors WHERE code IN (${DAMAGE_CODES})) AS errors, (SELECT count() FROM system.detached_parts WHERE startsWith(name, 'broken')) AS broken`,
      format: 'JSONEachRow',
    });
    const [row] = await result.json<{ errors: number | string; broken: number | string }>();
    return row === undefined ? undefined : { errors: Number(row.errors), broken: Number(row.broken) };
  } catch {
    return undefined;
  } finally {
    await client.close();
  }
}
