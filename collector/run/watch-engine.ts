// Asks ClickHouse whether its parts are whole: the embedded one at `GET /status`, another one by its system tables, as far as
// its user may read them. Only an alarm: log, /healthz, metrics. The embedded one repairs itself.
import { isCount, isList, membersOf } from '#proto/model/untyped.ts';
import type { Config } from '#proto/config/schema.ts';
import type { Log } from '#proto/log/log.ts';
import { gauge, type Metric } from '#collector/model/metric-table.ts';
import { createStoreClient } from '#collector/store/client.ts';

const ASK_EVERY_MS = 5_000;
const ASK_TIMEOUT_MS = 4_000;
/** Of a server of your own every twelfth time only: its system tables are larger. */
const SERVER_EVERY = 12;
/** Codes of ClickHouse that data on disk are damaged: checksum, files missing or of another size, marks, decompression. */
const SERVER_QUERY = `SELECT (SELECT sum(value) FROM system.errors WHERE code IN (40, 226, 228, 246, 271)) AS errors,
  (SELECT count() FROM system.detached_parts WHERE startsWith(name, 'broken')) AS broken`;

/** What `GET /status` of the embedded ClickHouse answers, as far as it is read here. */
interface EmbeddedStatus {
  readonly suspect: boolean;
  readonly reason: string;
  readonly brokenParts: number;
  readonly lostParts: number;
  readonly lostRows: number;
  readonly unreadableParts: readonly string[];
  readonly readErrors: number;
  readonly lastReadError: string;
}

function isEmbeddedStatus(value: unknown): value is EmbeddedStatus {
  const status = membersOf(value);
  return (
    typeof status['suspect'] === 'boolean' &&
    [status['reason'], status['lastReadError']].every((text) => typeof text === 'string') &&
    [status['brokenParts'], status['lostParts'], status['lostRows'], status['readErrors']].every(isCount) &&
    isList(status['unreadableParts'])
  );
}

interface ServerStatus {
  /** Since the server started. */
  readonly errors: number;
  /** Parts in `detached/`. */
  readonly broken: number;
}

/** Of the store itself; 0 where it does not say. */
export interface EngineNumbers {
  /** 1: it failed to write. */
  readonly suspect: number;
  readonly brokenParts: number;
  readonly lostParts: number;
  readonly lostRows: number;
  readonly readErrors: number;
}

export const ENGINE_METRICS: readonly Metric<EngineNumbers>[] = [
  gauge(
    'winnow_store_suspect',
    '1: the embedded ClickHouse failed to write and stores nothing until it has been restarted',
    ({ suspect }) => suspect,
  ),
  gauge(
    'winnow_store_broken_parts',
    'parts that ClickHouse set aside as broken: the embedded one at its last start, another one in all',
    ({ brokenParts }) => brokenParts,
  ),
  gauge(
    'winnow_store_lost_parts',
    'broken parts of the embedded ClickHouse whose rows no other part has',
    ({ lostParts }) => lostParts,
  ),
  gauge('winnow_store_lost_rows', 'rows of such parts, as far as they are known', ({ lostRows }) => lostRows),
  gauge(
    'winnow_store_read_errors',
    'times that ClickHouse met damaged data since it started',
    ({ readErrors }) => readErrors,
  ),
];

export interface EngineHealth {
  /** What is the matter and what to do about it; empty while all is well. */
  sentences(): string[];
  numbers(): EngineNumbers;
  stop(): void;
}

export function watchEngine(config: Config, log: Log): EngineHealth {
  const watch = new EngineAlarm(config, log);
  let asking = false;
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    watch
      .ask()
      .catch((error: unknown) => {
        log.debug({ error: String(error) }, 'the state of ClickHouse is not known');
      })
      .finally(() => {
        asking = false;
      });
  }, ASK_EVERY_MS);
  timer.unref();
  return {
    sentences: () => watch.sentences(),
    numbers: () => watch.numbers(),
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** What {@link watchEngine} asks again and again. */
export class EngineAlarm {
  readonly #config: Config;
  readonly #log: Log;
  #embedded: EmbeddedStatus | undefined;
  #server: ServerStatus | undefined;
  #serverAtStart: ServerStatus | undefined;
  readonly #serverEvery: number;
  #asked = 0;

  constructor(config: Config, log: Log, serverEvery = SERVER_EVERY) {
    this.#config = config;
    this.#log = log;
    this.#serverEvery = serverEvery;
  }

  async ask(): Promise<void> {
    if (this.#server === undefined) {
      const status = await askEmbedded(this.#config.clickhouse.url);
      if (status === 'away') return;
      if (status !== undefined) this.#report(status, this.#embedded);
      this.#embedded = status;
    }
    if (this.#embedded !== undefined || this.#asked++ % this.#serverEvery !== 0) return;
    const found = await askServer(this.#config);
    if (found === undefined) return;
    if (this.#server !== undefined && (found.errors > this.#server.errors || found.broken > this.#server.broken)) {
      this.#log.error(
        { ...found },
        'ClickHouse reports damaged parts: see system.errors and system.detached_parts, and restore them',
      );
    }
    this.#server = found;
    this.#serverAtStart ??= found;
  }

  sentences(): string[] {
    const { errors, broken } = this.#serverSince();
    const sentences = this.#embedded === undefined ? [] : embeddedSentences(this.#embedded);
    if (errors + broken > 0) {
      const counts = `${errors} errors, ${broken} broken parts since this collector started`;
      sentences.push(`ClickHouse reports damaged data (${counts}): see system.errors and system.detached_parts`);
    }
    return sentences;
  }

  numbers(): EngineNumbers {
    const [embedded, server] = [this.#embedded, this.#server];
    return {
      suspect: embedded?.suspect === true ? 1 : 0,
      brokenParts: embedded?.brokenParts ?? server?.broken ?? 0,
      lostParts: embedded?.lostParts ?? 0,
      lostRows: embedded?.lostRows ?? 0,
      readErrors: embedded?.readErrors ?? server?.errors ?? 0,
    };
  }

  #serverSince(): ServerStatus {
    const [now, before] = [this.#server, this.#serverAtStart];
    if (now === undefined || before === undefined) return { errors: 0, broken: 0 };
    return { errors: Math.max(0, now.errors - before.errors), broken: Math.max(0, now.broken - before.broken) };
  }

  #report(status: EmbeddedStatus, before: EmbeddedStatus | undefined): void {
    const { suspect, reason, lostParts, lostRows } = status;
    if (suspect && before?.suspect !== true) {
      this.#log.error(
        {},
        `the embedded ClickHouse failed to write (${reason}): data waits in the spool until it has been restarted`,
      );
    }
    if (!suspect && before?.suspect === true) {
      this.#log.info({}, 'the embedded ClickHouse was restarted after a failed write, and stores again');
    }
    if (lostParts > (before?.lostParts ?? 0)) {
      this.#log.error(
        { rows: lostRows },
        `${lostParts} parts of the embedded ClickHouse are broken, and no other part has their rows`,
      );
    }
  }
}

function embeddedSentences(status: EmbeddedStatus): string[] {
  const { suspect, reason, lostParts, lostRows, unreadableParts, readErrors, lastReadError } = status;
  const sentences: string[] = [];
  if (suspect) {
    const then = 'data waits in the spool until it is restarted, when its disk has room: free some';
    sentences.push(`the embedded ClickHouse failed to write (${reason}): ${then}`);
  }
  if (lostParts > 0) {
    const rows = lostRows === 0 ? 'their rows' : `${lostRows} rows`;
    const remedy =
      'see clickhouse/engine/store/*/*/detached below the data directory, and remove what you have looked at';
    sentences.push(`${lostParts} parts of the embedded ClickHouse are broken and ${rows} are lost: ${remedy}`);
  }
  if (unreadableParts.length > 0) {
    const remedy = 'and no other part has these rows: ALTER TABLE … DETACH PART removes it from answers';
    sentences.push(`the embedded ClickHouse cannot read ${unreadableParts.join(', ')}, ${remedy}`);
  } else if (readErrors > 0) {
    sentences.push(
      `the embedded ClickHouse met damaged data ${readErrors} times since its start, the last time: ${lastReadError}`,
    );
  }
  return sentences;
}

/** undefined: it answers, but is not the embedded one. */
async function askEmbedded(clickhouse: string): Promise<EmbeddedStatus | undefined | 'away'> {
  const url = new URL('/status', clickhouse);
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  url.username = '';
  url.password = '';
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  try {
    const response = await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    const text = await response.text();
    if (!response.ok) return response.status >= 500 ? 'away' : undefined;
    const status: unknown = JSON.parse(text);
    return isEmbeddedStatus(status) ? status : undefined;
  } catch (error) {
    return error instanceof SyntaxError ? undefined : 'away';
  }
}

/** undefined when its user may not read them. */
async function askServer({ clickhouse }: Config): Promise<ServerStatus | undefined> {
  const { url, user, password } = clickhouse;
  const client = createStoreClient({ url, ...(new URL(url).username === '' ? { user, password } : {}) });
  try {
    const result = await client.query({ query: SERVER_QUERY, format: 'JSONEachRow' });
    const [row] = await result.json<{ errors: number | string; broken: number | string }>();
    return row === undefined ? undefined : { errors: Number(row.errors), broken: Number(row.broken) };
  } catch {
    return undefined;
  } finally {
    await client.close();
  }
}
