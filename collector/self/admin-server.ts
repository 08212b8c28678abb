// The admin address of the collector: /metrics, /healthz, /readyz, /ledger, /config, /trace/<trace id>, POST /reload, POST /rescue,
// POST /audit/accept; /spool and what belongs to it are in spool-routes.ts.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { RefusedConnections } from '../receive/refused-connections.ts';
import { RescueRequest, type RescueResponse } from '#proto/api/rescue.ts';
import { ListenError } from '../receive/listen.ts';
import { answerSpool, SPOOL_PATHS, type SpoolAdmin } from './spool-routes.ts';

export interface AdminState {
  /** Counts connections that were not accepted. */
  readonly refused: RefusedConnections;
  readonly registry: Registry;
  /** Brings counters up to date; called before each answer. */
  readonly beforeRead: () => void;
  /** Why the collector is not ready, and what to do; empty when it is. */
  readonly notReady: () => readonly string[];
  /** What does not work as it should, and what to do; empty when all does. */
  readonly degraded: () => readonly string[];
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
  /** Blocks that wait for the store or are set aside; undefined when nothing is stored. */
  readonly spool?: (() => SpoolAdmin | undefined) | undefined;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

const PAGES = [
  '/metrics', '/healthz', '/readyz', '/ledger', '/config', '/trace/<trace id>', '/spool',
  'POST /reload', 'POST /rescue', 'POST /audit/accept', 'POST /spool/retry', 'POST /spool/drop',
];
const TRACE_PATH = /^\/trace\/([0-9a-f]{32})$/;

export async function startAdminServer(listen: { host: string; port: number }, state: AdminState): Promise<AdminServer> {
  const server = createServer({ connectionsCheckingInterval: CONNECTIONS_CHECK_MS }, (request, response) => {
    answer(request, response, state).catch((error: unknown) => send(response, 500, { error: String(error) }));
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ListenError('the admin server', listen, 'listen.admin', error)));
    server.listen(listen.port, listen.host, resolve);
  });
  state.refused.watch(server);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Scrapers, query and people: more connections are a mistake. */
const MAX_CONNECTIONS = 1024;
/** For the headers of a request and for all of it; idle connections are closed sooner. */
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTIONS_CHECK_MS = 5000;
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

async function spool(path: string, request: IncomingMessage, response: ServerResponse, state: AdminState): Promise<void> {
  const { status, body, allow } = await answerSpool({
    path,
    method: request.method ?? '',
    isLocal: LOOPBACK.test(request.socket.remoteAddress ?? '') && request.headers.origin === undefined,
    contentType: request.headers['content-type'] ?? '',
    body: () => readBody(request),
  }, state.spool?.());
  if (allow !== undefined) response.setHeader('allow', allow);
  return send(response, status, body);
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
  if (SPOOL_PATHS.has(path)) return spool(path, request, response, state);
  if (path === '/audit/accept') return acceptAudit(request, response, state);
  const reasons = state.notReady();
  state.beforeRead();
  if (path === '/metrics') {
    response.writeHead(200, { 'content-type': state.registry.contentType }).end(await state.registry.metrics());
  } else if (path === '/healthz') {
    const degraded = state.degraded();
    send(response, 200, degraded.length === 0 ? { status: 'alive' } : { status: 'degraded', reasons: degraded });
  } else if (path === '/readyz') {
    send(response, reasons.length === 0 ? 200 : 503, reasons.length === 0 ? { status: 'ready' } : { status: 'not ready', reasons });
  } else if (path === '/ledger') {
    send(response, 200, state.ledger());
  } else if (path === '/config') {
    send(response, 200, state.config());
  } else {
    const traceId = TRACE_PATH.exec(path)?.[1];
    if (traceId === undefined) send(response, 404, { error: `no such page: ${path.slice(0, 100)}`, pages: PAGES });
    else send(response, 200, state.trace(traceId));
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }).end(JSON.stringify(body));
}
