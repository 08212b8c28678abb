// OTLP over HTTP/1.1 with keep-alive: POST the bytes or the JSON text, read the answer in the same encoding.

import { membersOf } from '#proto/model/untyped.ts';
import { Agent, request, type IncomingMessage } from 'node:http';
import { readExportResponse, readRpcStatus, retryAfterMs, type AttemptResult } from './export-outcome.ts';
import type { OtlpExporter } from './otlp-exporter.ts';
import { otlpSignals } from './otlp-signal.ts';

/** The only statuses that OTLP lets a client retry. */
const RETRYABLE = new Set([429, 502, 503, 504]);
/** More of an answer than this is not read; OTLP recommends 4 MiB. */
const MAX_ANSWER_BYTES = 4 << 20;

/** Address, patience per try, extra headers, and the encoding. */
export interface HttpExporterOptions {
  host: string;
  port: number;
  timeoutMs: number;
  headers: Record<string, string>;
  json: boolean;
}

/** Creates the exporter. A broken or refused connection counts as retryable. */
export function createHttpExporter(options: HttpExporterOptions): OtlpExporter {
  const agent = new Agent({ keepAlive: true, timeout: options.timeoutMs });
  const contentType = options.json ? 'application/json' : 'application/x-protobuf';
  return {
    attempt(signal, body) {
      const { promise, resolve } = Promise.withResolvers<AttemptResult>();
      const payload = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
      const call = request(
        {
          agent,
          host: options.host,
          port: options.port,
          method: 'POST',
          path: otlpSignals[signal].httpPath,
          timeout: options.timeoutMs,
          headers: { ...options.headers, 'content-type': contentType, 'content-length': payload.byteLength },
        },
        (response) => {
          collect(response).then(
            (answer) => resolve(resultOf(response, answer, options.json)),
            (error: unknown) => resolve({ kind: 'retry', message: `connection lost: ${String(error)}` }),
          );
        },
      );
      call.on('timeout', () => call.destroy(new Error(`no answer within ${options.timeoutMs} ms`)));
      call.on('error', (error) => resolve({ kind: 'retry', message: error.message }));
      call.end(payload);
      return promise;
    },
    close: () => agent.destroy(),
  };
}

async function collect(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    const part: Buffer = chunk;
    length += part.length;
    if (length <= MAX_ANSWER_BYTES) parts.push(part);
  }
  return Buffer.concat(parts);
}

function resultOf(response: IncomingMessage, answer: Buffer, json: boolean): AttemptResult {
  const code = response.statusCode ?? 0;
  if (code >= 200 && code < 300)
    return { kind: 'done', ...(json ? readJsonResponse(answer) : readExportResponse(answer)) };
  const message = `HTTP ${code}: ${statusMessage(response, answer)}`;
  if (!RETRYABLE.has(code)) return { kind: 'failed', message };
  const waitMs = retryAfterMs(response.headers['retry-after'], Date.now());
  return waitMs === undefined ? { kind: 'retry', message } : { kind: 'retry', message, waitMs };
}

function statusMessage(response: IncomingMessage, answer: Buffer): string {
  const type = response.headers['content-type'] ?? '';
  if (type.includes('protobuf')) return readRpcStatus(answer).message;
  if (!type.includes('json')) return answer.toString('utf8', 0, 200);
  try {
    const status: unknown = JSON.parse(answer.toString('utf8'));
    return typeof status === 'object' && status !== null && 'message' in status ? String(status.message) : '';
  } catch {
    return answer.toString('utf8', 0, 200);
  }
}

function readJsonResponse(answer: Buffer): { rejected: number; message: string } {
  try {
    const response: unknown = JSON.parse(answer.toString('utf8') || '{}');
    const partial = member(response, 'partialSuccess');
    const rejected =
      member(partial, 'rejectedSpans') ??
      member(partial, 'rejectedLogRecords') ??
      member(partial, 'rejectedDataPoints');
    const message = member(partial, 'errorMessage');
    return { rejected: Number(rejected ?? 0), message: typeof message === 'string' ? message : '' };
  } catch (error) {
    return { rejected: 0, message: `unreadable answer: ${String(error)}` };
  }
}

function member(value: unknown, key: string): unknown {
  return membersOf(value)[key];
}
