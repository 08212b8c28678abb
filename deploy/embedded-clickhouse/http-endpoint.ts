// The part of ClickHouse's HTTP interface that @clickhouse/client speaks, answered by the embedded engine: ping,
// queries with parameters and settings, inserts with binary bodies, streamed or buffered answers, errors with codes,
// cancellation when the client goes away.
import { randomBytes } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { exceptionBlock, exceptionOf } from './exceptions.ts';
import type { Engine } from './engine.ts';
import type { ParsedRequest } from './http-request.ts';
import { isAuthorised, parseUrl, readSqlBody, skipBody, spoolBody } from './http-request.ts';
import { Lanes } from './lanes.ts';
import type { Statement } from './sql-guard.ts';
import { guardStatement, insertFromFile } from './sql-guard.ts';

// Lanes are threads of the pool (UV_THREADPOOL_SIZE, set by the launcher): eight readers, four writers, the rest spare.
const READ_LANES = 8;
const WRITE_LANES = 4;
// Waiting costs a socket each; beyond this the answer would come too late for anyone.
const MAX_WAITING = 512;
// Whether the engine could write costs a query, which so many inserts that end within this time share.
const CONFIRM_TOGETHER_MS = 250;
const CONFIRM_TOGETHER = 3;
// A reader that reads nothing for this long loses its query: eight of them would block everybody else.
const STALLED_READER_MS = 30_000;
// The client closes idle sockets after 2.5 s; ours stay open well beyond that, so it never meets a closed one.
const KEEP_ALIVE_MS = 30_000;
// Formats whose blocks can be sent one after the other as the engine yields them.
const STREAMABLE = new Set(['JSONEachRow', 'JSONCompactEachRow', 'RowBinary', 'Native', 'TabSeparated', 'TSV']);

/** Stands between writers and an engine that does not say when it cannot write. */
interface WriteGuard {
  /** Before tables or rows are written; throws what the sender may repeat. */
  admitWrite(what: 'tables' | 'rows'): void;
  /** After it was written, before it is acknowledged; throws what the sender may repeat. */
  confirmWrite(): Promise<void>;
  /** A write failed with an error; it began at that time (Unix ms). Throws something else where the engine believes that it did not fail. */
  writeFailed(begunMs: number): Promise<void>;
}

export interface EndpointOptions {
  engine: Engine;
  guard: WriteGuard;
  /** What `GET /status` answers. */
  status: () => object;
  /** A table was made or changed. */
  onSchemaChange: () => void;
  secret: string;
  /** An existing empty directory for insert bodies. */
  spoolDir: string;
  log: (line: string) => void;
}

/** Builds the server; the caller listens and closes. */
export function createEndpoint(options: EndpointOptions): Server {
  const reads = new Lanes(READ_LANES, MAX_WAITING);
  const writes = new Lanes(WRITE_LANES, MAX_WAITING);
  let spoolCount = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    if (url === '/ping' || url.startsWith('/ping?') || (url === '/' && request.method === 'GET')) {
      response.end('Ok.\n');
      return;
    }
    if (!isAuthorised(request, options.secret)) {
      throw new Error(
        'Code: 516. DB::Exception: Authentication failed: this endpoint needs the secret of its start. (AUTHENTICATION_FAILED)',
      );
    }
    if (url === '/status' && request.method === 'GET') {
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(options.status()));
      return;
    }
    const parsed = parseUrl(url);
    response.setHeader('X-ClickHouse-Query-Id', parsed.queryId.replace(/[^\x20-\x7e]/g, '?'));
    if (parsed.sqlInUrl !== undefined) {
      const statement = guardStatement(parsed.sqlInUrl);
      if (statement.kind === 'insert' && statement.format !== undefined) {
        await insertBody(request, response, parsed, statement);
        return;
      }
    }
    // ClickHouse joins the two parts, so a query in the URL with an empty body works like one in the body.
    const body = request.method === 'POST' ? await readSqlBody(request, parsed) : '';
    const sql = parsed.sqlInUrl === undefined ? body : body === '' ? parsed.sqlInUrl : `${parsed.sqlInUrl}\n${body}`;
    const statement = guardStatement(sql);
    if (statement.sql === '') throw new Error('Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)');
    const leave = await (statement.kind === 'select' ? reads : writes).enter();
    try {
      await answer(response, parsed, statement);
    } finally {
      leave();
    }
  }

  async function insertBody(
    request: IncomingMessage,
    response: ServerResponse,
    parsed: ParsedRequest,
    statement: Statement,
  ): Promise<void> {
    spoolCount++;
    const path = join(options.spoolDir, `${spoolCount}.data`);
    try {
      try {
        options.guard.admitWrite('rows');
      } catch (error) {
        await skipBody(request);
        throw error;
      }
      await spoolBody(request, path);
      const leave = await writes.enter();
      try {
        options.guard.admitWrite('rows');
        const begunMs = Date.now();
        const session = options.engine.open(scopeOf(parsed));
        try {
          await session.insert(insertFromFile(statement, path));
        } catch (error) {
          await options.guard.writeFailed(begunMs);
          throw error;
        } finally {
          session.close();
        }
      } finally {
        leave();
      }
      await writes.ended(CONFIRM_TOGETHER_MS, CONFIRM_TOGETHER);
      await options.guard.confirmWrite();
      response.end();
    } finally {
      await unlink(path).catch(() => undefined);
    }
  }

  async function answer(response: ServerResponse, parsed: ParsedRequest, statement: Statement): Promise<void> {
    if (response.destroyed) return;
    const format = statement.format ?? parsed.defaultFormat ?? 'TabSeparated';
    const session = options.engine.open(scopeOf(parsed));
    let over = false;
    const cancel = (): void => {
      if (!over && statement.kind === 'select')
        options.engine.kill(parsed.queryId).catch((error: unknown) => {
          options.log(`could not cancel a query: ${String(error)}`);
        });
    };
    response.once('close', cancel);
    try {
      response.setHeader('X-ClickHouse-Format', format);
      if (statement.kind === 'select' && STREAMABLE.has(format)) {
        await streamAnswer(response, session.stream(statement.sql, format));
      } else {
        if (statement.writes !== undefined) options.guard.admitWrite(statement.writes);
        const result = await session.run(statement.sql, format);
        over = true;
        if (statement.writes !== undefined) await options.guard.confirmWrite();
        if (statement.writes === 'tables') options.onSchemaChange();
        response.end(result.bytes());
      }
    } finally {
      over = true;
      response.off('close', cancel);
      session.close();
    }
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: 1024 * 1024 }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      fail(request, response, error);
    });
  });
  server.requestTimeout = 0; // an insert of a slow writer may take its time
  return server;
}

function scopeOf(parsed: ParsedRequest): {
  database: string | undefined;
  settings: Map<string, string>;
  params: Map<string, string>;
  tag: string;
} {
  return { database: parsed.database, settings: parsed.settings, params: parsed.params, tag: parsed.queryId };
}

/** Sends chunks as they come. The first is awaited before the status line, so that most errors are plain ones. */
async function streamAnswer(
  response: ServerResponse,
  stream: AsyncIterable<{ raw(): Uint8Array }> & { cancel(): void },
): Promise<void> {
  const tag = randomBytes(8).toString('hex');
  let started = false;
  try {
    for await (const chunk of stream) {
      if (response.destroyed) return;
      if (!started) {
        started = true;
        response.setHeader('X-ClickHouse-Exception-Tag', tag);
      }
      if (!response.write(chunk.raw())) await drained(response);
    }
    response.end();
  } catch (error) {
    if (!started || response.destroyed) throw error;
    response.end(exceptionBlock(tag, exceptionOf(error).text));
  } finally {
    stream.cancel();
  }
}

async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      response.off('drain', done).off('close', done);
      resolve();
    };
    const timer = setTimeout(() => {
      response.destroy();
    }, STALLED_READER_MS);
    response.on('drain', done).on('close', done);
  });
}

function fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  const exception = exceptionOf(error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.statusCode = exception.httpStatus;
  response.setHeader('X-ClickHouse-Exception-Code', String(exception.code));
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  if (!request.complete) response.setHeader('Connection', 'close'); // the rest of the body will not be read
  response.end(`${exception.text}\n`);
}
