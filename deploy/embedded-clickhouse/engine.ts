// The chDB engine behind the endpoint: one data directory, one short-lived Session per request. A Session is serial
// and keeps every SET, so a fresh one (0.12 ms) gives each request parallelism and forgets its parameters and settings.
import { drainPending, Session } from 'chdb';
import type { ChdbQueryStream, ChdbResult } from 'chdb';
import { quoteString } from './sql-guard.ts';

/** What a request brings besides its SQL. Values are text as ClickHouse's HTTP interface takes them. */
export interface RequestScope {
  database: string | undefined;
  settings: ReadonlyMap<string, string>;
  params: ReadonlyMap<string, string>;
  /** Put into `log_comment`, by which `kill` finds the query. */
  tag: string;
}

/** One request's Session, in its scope. Close it when the answer is out. All throw the engine's error when a setting or database is unknown. */
export interface EngineSession {
  run(sql: string, format: string): Promise<ChdbResult>;
  /** An INSERT whose rows are in a file. */
  insert(sql: string): Promise<ChdbResult>;
  stream(sql: string, format: string): ChdbQueryStream;
  close(): void;
}

export class Engine {
  readonly #path: string;
  readonly #keeper: Session; // keeps the engine up between requests, and kills queries
  #counters: Session | undefined; // reads counters after every insert: a fresh one costs half as much again

  /** Opens (or creates) the data directory. Throws code 76 when another process owns it. */
  constructor(path: string, configPath: string) {
    this.#path = path;
    this.#keeper = new Session(path, { connectionArgs: [`--config-file=${configPath}`] });
    this.#keeper.query('SELECT 1');
  }

  version(): string {
    return this.#keeper.query('SELECT version()', 'TSV').trim();
  }

  /** Opens a Session for one request. */
  open(scope: RequestScope): EngineSession {
    const setup: string[] = []; // one call for all: each costs a millisecond
    if (scope.database !== undefined) setup.push(`USE ${quoteIdentifier(scope.database)}`);
    const assignments = [`log_comment=${quoteString(scope.tag)}`];
    for (const [name, value] of scope.settings) assignments.push(`${checkName(name)}=${quoteString(value)}`);
    for (const [name, value] of scope.params) assignments.push(`param_${checkName(name)}=${quoteString(value)}`);
    setup.push(`SET ${assignments.join(', ')}`);
    const inScope = setup.join('; ');
    const session = new Session(this.#path);
    // Of a query that somebody wrote, the engine's errors name positions: it stays alone.
    const enter = (): Session => {
      session.query(inScope);
      return session;
    };
    return {
      run: async (sql, format) => enter().queryAsync(sql, { format }),
      insert: async (sql) => session.queryAsync(`${inScope}; ${sql}`, { format: 'TSV' }),
      stream: (sql, format) => enter().queryStream(sql, { format }),
      close: () => {
        session.close();
      },
    };
  }

  /** Answers a question of the process's own, in a Session of its own. */
  async ask<T>(sql: string): Promise<T[]> {
    const session = new Session(this.#path);
    try {
      const text = (await session.queryAsync(sql, { format: 'JSONEachRow' })).text();
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as T]));
    } finally {
      session.close();
    }
  }

  /** Value of one of the engine's counters since it was opened (`system.events`). One call at a time. */
  async counter(name: string): Promise<number> {
    this.#counters ??= new Session(this.#path);
    const text = (
      await this.#counters.queryAsync(`SELECT value FROM system.events WHERE event = ${quoteString(name)}`, {
        format: 'TSV',
      })
    ).text();
    return Number(text); // without a row it is 0
  }

  /** Ends the running query with this tag, if there is one; 10 to 15 ms until its promise rejects with code 394. */
  async kill(tag: string): Promise<void> {
    await this.#keeper.queryAsync(
      'KILL QUERY WHERE query_id IN (SELECT query_id FROM system.processes ' +
        `WHERE Settings['log_comment'] = ${quoteString(tag)}) ASYNC`,
    );
  }

  async close(): Promise<void> {
    this.#counters?.close();
    this.#keeper.close();
    await drainPending();
  }
}

function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

function checkName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new Error(`Code: 115. DB::Exception: '${name}' is not a setting or parameter name. (UNKNOWN_SETTING)`);
  return name;
}
