// Reads one HTTP request the way ClickHouse does: SQL in the URL or the body, parameters as param_*, everything else
// that is not known as a part of the protocol is a setting.
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

// SQL with its bound values: ids of a long IN list, never data.
const MAX_SQL_BYTES = 16 * 1024 * 1024;
// One insert's data after decompression. The writer's blocks have some 16 MiB, and never more than this (tests/collector/store/block-limits.test.ts);
// versions before made larger ones.
export const MAX_INSERT_BYTES = 2 * 1024 * 1024 * 1024;
// A body that is refused is read to its end all the same, because its sender reads no answer before; but not more than this.
const MAX_REFUSED_BYTES = 4 * 1024 * 1024 * 1024;

// Part of the HTTP protocol or meaningful only there: the engine refuses them as settings (code 115).
const NOT_SETTINGS = new Set([
  'query',
  'database',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'role',
  'user',
  'password',
  'default_format',
  'quota_key',
  'stacktrace',
  'compress',
  'decompress',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'http_zlib_compression_level',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'cancel_http_readonly_queries_on_client_close',
  'add_http_cors_header',
  'client_protocol_version',
  'http_native_compression_disable_checksumming_on_decompress',
  'close_session',
  'http_write_exception_in_output_format',
]);

/** No space, over the quota, over the limit of a file's size. */
const DISK_FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export interface ParsedRequest {
  sqlInUrl: string | undefined;
  database: string | undefined;
  queryId: string;
  defaultFormat: string | undefined;
  settings: Map<string, string>;
  params: Map<string, string>;
}

export function parseUrl(url: string): ParsedRequest {
  const search = new URL(url, 'http://embedded').searchParams;
  const parsed: ParsedRequest = {
    sqlInUrl: search.get('query') ?? undefined,
    database: search.get('database') ?? undefined,
    queryId: search.get('query_id') ?? randomUUID(),
    defaultFormat: search.get('default_format') ?? undefined,
    settings: new Map(),
    params: new Map(),
  };
  for (const [key, value] of search) {
    if (key.startsWith('param_')) parsed.params.set(key.slice(6), value);
    else if (!NOT_SETTINGS.has(key)) parsed.settings.set(key, value);
  }
  return parsed;
}

/** True when the request carries the secret as basic password, X-ClickHouse-Key or URL password. */
export function isAuthorised(request: IncomingMessage, secret: string): boolean {
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString();
    return sameSecret(text.slice(text.indexOf(':') + 1), secret);
  }
  const key = request.headers['x-clickhouse-key'];
  if (typeof key === 'string') return sameSecret(key, secret);
  return sameSecret(new URL(request.url ?? '/', 'http://embedded').searchParams.get('password') ?? '', secret);
}

/** Reads SQL from the body; a multipart body also brings parameters. */
export async function readSqlBody(request: IncomingMessage, parsed: ParsedRequest): Promise<string> {
  const chunks: Buffer[] = [];
  const limit = byteLimit(MAX_SQL_BYTES);
  limit.on('data', (chunk: Buffer) => chunks.push(chunk));
  await pipeBody(request, limit);
  const body = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return body.toString();
  const form = await new Response(body, { headers: { 'content-type': type } }).formData();
  let sql = '';
  for (const [name, value] of form) {
    if (typeof value !== 'string') continue;
    if (name === 'query') sql = value;
    else if (name.startsWith('param_')) parsed.params.set(name.slice(6), value);
  }
  return sql;
}

/**
 * Writes the whole body, decompressed, to `path`. Rejects when the client breaks off, and with a code of ClickHouse when the body
 * is over the limit or cannot be written: then the rest was read all the same, so that the sender reads the answer.
 */
export async function spoolBody(request: IncomingMessage, path: string, maxBytes = MAX_INSERT_BYTES): Promise<void> {
  const file = await open(path, 'w').catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  let failure = file instanceof Error ? notStored(file) : undefined;
  let seen = 0;
  try {
    await pipeBody(
      request,
      new Writable({
        highWaterMark: 1024 * 1024,
        writev(chunks, done) {
          const bytes = Buffer.concat(chunks.map(({ chunk }: { chunk: Buffer }) => chunk));
          seen += bytes.length;
          if (seen > maxBytes)
            failure ??= new Error(`Code: 307. DB::Exception: The body is over ${maxBytes} bytes. (TOO_MANY_BYTES)`);
          if (seen > maxBytes + MAX_REFUSED_BYTES) done(failure);
          else if (failure !== undefined || file instanceof Error) done();
          else
            writeAll(file, bytes)
              .catch((error: unknown) => {
                failure = notStored(error);
              })
              .finally(() => {
                done();
              });
        },
      }),
    );
  } finally {
    if (!(file instanceof Error))
      await file.close().catch((error: unknown) => {
        failure ??= notStored(error);
      });
  }
  if (failure !== undefined) throw failure;
}

/** Reads a body that is refused, so that its sender reads why. */
export async function skipBody(request: IncomingMessage): Promise<void> {
  let seen = 0;
  for await (const part of request) {
    const chunk: Buffer = part;
    seen += chunk.length;
    if (seen > MAX_REFUSED_BYTES) return;
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}

/** Codes that a sender repeats: nothing is wrong with the body. */
function notStored(error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = error instanceof Error ? error.message : String(error);
  return DISK_FULL.has(code)
    ? new Error(`Code: 243. DB::Exception: The body of the insert cannot be kept: ${text}. (NOT_ENOUGH_SPACE)`)
    : new Error(`Code: 210. DB::Exception: The body of the insert cannot be kept: ${text}. (NETWORK_ERROR)`);
}

async function pipeBody(request: IncomingMessage, ...rest: (Transform | NodeJS.WritableStream)[]): Promise<void> {
  const decoder = decoderFor(request.headers['content-encoding']);
  const stages: NodeJS.ReadWriteStream[] = decoder === undefined ? [] : [decoder];
  await pipeline([request as Readable, ...stages, ...(rest as NodeJS.ReadWriteStream[])]);
}

function decoderFor(encoding: string | undefined): NodeJS.ReadWriteStream | undefined {
  switch (encoding) {
    case undefined:
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'zstd':
      return createZstdDecompress();
    default:
      throw new Error(
        `Code: 1000. DB::Exception: Content-Encoding '${encoding}' is not known: use gzip, deflate, zstd or none. (NOT_IMPLEMENTED)`,
      );
  }
}

function byteLimit(maxBytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > maxBytes)
        done(new Error(`Code: 307. DB::Exception: The body is over ${maxBytes} bytes. (TOO_MANY_BYTES)`));
      else done(null, chunk);
    },
  });
}

function sameSecret(given: string, secret: string): boolean {
  return timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(secret).digest());
}
