// The admin address of the collector: /metrics, /healthz, /readyz, /ledger, /config, /trace/<trace id>, POST /reload, POST /rescue, POST /audit/accept.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { RescueRequest, type RescueResponse } from '#proto/api/rescue.ts';

export interface AdminState {
  readonly registry: Registry;
  /** Brings counters up to date; called before each answer. */
  readonly beforeRead: () => void;
  /** Why the collector is not ready; empty when it is. */
  readonly notReady: () => readonly string[];
  readonly ledger: () => unknown;
  /** What the audit found is known; undefined when there is no audit. */
  readonly acceptAudit: () => Promise<void> | undefined;
  /** What is known of a trace (32 hex digits). */
  readonly trace: (traceId: string) => unknown;
  /** What a reload can change, as it is in force. */
  readonly config: () => unknown;
  /** Reads the configuration again. */
  readonly reload: () => { readonly result: string };
  /** Brings dropped traces back; undefined when there is no rescue ring. */
  readonly rescue: (request: RescueRequest) => Promise<RescueResponse | undefined>;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

const TRACE_PATH = /^\/trace\/([0-9a-f]{32})$/;

export async function startAdminServer(listen: { host: string; port: number }, state: AdminState): Promise<AdminServer> {
  const server = createServer((request, response) => {
    answer(request, response, state).catch((error: unknown) => send(response, 500, { error: String(error) }));
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`${listen.host}:${listen.port} is taken: free it or set listen.admin (--listen.admin=127.0.0.1:0 takes any free port)`) : error);
    });
    server.listen(listen.port, listen.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A thousand trace ids, and room for names. */
const MAX_BODY_BYTES = 64 * 1024;
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/** Only programs on this machine change anything; a page in a browser there always tells its origin. */
function reload(request: IncomingMessage, response: ServerResponse, state: AdminState): void {
  if (request.method !== 'POST') return send(response.setHeader('allow', 'POST'), 405, { error: 'reloading is a POST: curl -X POST …/reload' });
  if (!LOOPBACK.test(request.socket.remoteAddress ?? '') || request.headers.origin !== undefined) {
    return send(response, 403, { error: 'a reload is taken from this machine only, and not from a browser: run curl -X POST http://127.0.0.1:PORT/reload here' });
  }
  const outcome = state.reload();
  return send(response, outcome.result === 'refused' ? 422 : 200, outcome);
}

/** Rows were deleted on purpose, say. */
async function acceptAudit(request: IncomingMessage, response: ServerResponse, state: AdminState): Promise<void> {
  if (request.method !== 'POST') return send(response.setHeader('allow', 'POST'), 405, { error: 'accepting what the audit found is a POST: curl -X POST …/audit/accept' });
  if (!LOOPBACK.test(request.socket.remoteAddress ?? '') || request.headers.origin !== undefined) {
    return send(response, 403, { error: 'what the audit found is accepted from this machine only, and not from a browser: run curl -X POST http://127.0.0.1:PORT/audit/accept here' });
  }
  const accepted = state.acceptAudit();
  if (accepted === undefined) return send(response, 409, { error: 'there is no audit: nothing is stored, or DATA/audit cannot be used' });
  await accepted;
  return send(response, 200, { accepted: true });
}

/** Asked by query for its users, and by programs on this machine. */
async function rescue(request: IncomingMessage, response: ServerResponse, state: AdminState): Promise<void> {
  if (request.method !== 'POST') return send(response.setHeader('allow', 'POST'), 405, { error: 'rescuing is a POST of JSON, as {"trace_ids": ["…"]} or {"service": "checkout", "last": "10m"}' });
  if (!LOOPBACK.test(request.socket.remoteAddress ?? '') || request.headers.origin !== undefined) {
    return send(response, 403, { error: 'traces are brought back from this machine only, and not from a browser: use POST /api/rescue of query' });
  }
  if (!(request.headers['content-type'] ?? '').startsWith('application/json')) return send(response, 415, { error: 'send JSON with content-type: application/json' });
  const body = await readBody(request);
  if (body === undefined) return send(response, 413, { error: `the body is longer than ${MAX_BODY_BYTES} bytes: ask for fewer traces at a time` });
  let asked: unknown;
  try {
    asked = JSON.parse(body);
  } catch {
    return send(response, 400, { error: 'the body is no JSON' });
  }
  const parsed = RescueRequest.safeParse(asked);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return send(response, 400, { error: `${issue?.path.join('.') || 'request'}: ${issue?.message ?? 'invalid'}` });
  }
  const outcome = await state.rescue(parsed.data);
  if (outcome === undefined) return send(response, 409, { error: 'there is no rescue ring: set sampling.rescue.max_bytes above 0 and start again' });
  return send(response, 200, outcome);
}

/** undefined when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BODY_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function answer(request: IncomingMessage, response: ServerResponse, state: AdminState): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  if (path === '/reload') return reload(request, response, state);
  if (path === '/rescue') return rescue(request, response, state);
  if (path === '/audit/accept') return acceptAudit(request, response, state);
  const reasons = state.notReady();
  state.beforeRead();
  if (path === '/metrics') {
    response.writeHead(200, { 'content-type': state.registry.contentType }).end(await state.registry.metrics());
  } else if (path === '/healthz') {
    send(response, 200, { status: 'alive' });
  } else if (path === '/readyz') {
    send(response, reasons.length === 0 ? 200 : 503, reasons.length === 0 ? { status: 'ready' } : { status: 'not ready', reasons });
  } else if (path === '/ledger') {
    send(response, 200, state.ledger());
  } else if (path === '/config') {
    send(response, 200, state.config());
  } else {
    const traceId = TRACE_PATH.exec(path)?.[1];
    if (traceId === undefined) send(response, 404, { error: `no such page: ${path.slice(0, 100)}`, pages: ['/metrics', '/healthz', '/readyz', '/ledger', '/config', '/trace/<trace id>', 'POST /reload', 'POST /rescue', 'POST /audit/accept'] });
    else send(response, 200, state.trace(traceId));
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }).end(JSON.stringify(body));
}
