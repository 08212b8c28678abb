// The admin address of the collector: which requests it takes, and how they are checked; the routes are in proto/admin/routes.ts, their
// answers in admin-answers.ts.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'node:querystring';
import { ADMIN_ROUTES, type AdminRouteName } from '#proto/admin/routes.ts';
import { DeclaredRequest } from '#proto/api/declared-request.ts';
import type { RequestContract } from '#proto/api/route-contract.ts';
import { ListenError } from '#collector/receive/listen.ts';
import type { RefusedConnections } from '#collector/receive/refused-connections.ts';
import type { AdminAnswer } from './admin-answer.ts';
import { ADMIN_ANSWERS, type AdminPage, type AdminState } from './admin-answers.ts';

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @param state its `refused` counts connections that were not accepted */
export async function startAdminServer(
  listen: { host: string; port: number },
  state: AdminState & { readonly refused: RefusedConnections },
): Promise<AdminServer> {
  const server = createServer({ connectionsCheckingInterval: CONNECTIONS_CHECK_MS }, (request, response) => {
    answer(request, response, state).catch((error: unknown) => send(response, refusal(500, String(error))));
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

interface AdminRoute {
  readonly contract: RequestContract;
  readonly declared: DeclaredRequest;
  readonly pattern: RegExp;
  /** Answers what {@link checked} found to be as the contract says. */
  readonly page: AdminPage<unknown>;
}

const ROUTES: readonly AdminRoute[] = (Object.keys(ADMIN_ROUTES) as AdminRouteName[]).map((name) => {
  const contract: RequestContract = ADMIN_ROUTES[name];
  const pattern = new RegExp(`^${contract.path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
  return { contract, declared: new DeclaredRequest(contract), pattern, page: ADMIN_ANSWERS[name] };
});
const PAGES = ROUTES.map(({ contract: { method, path } }) => (method === 'GET' ? path : `${method} ${path}`));

async function answer(request: IncomingMessage, response: ServerResponse, state: AdminState): Promise<void> {
  const url = request.url ?? '/';
  const [path = '/'] = url.split('?');
  const found = ROUTES.find(({ pattern }) => pattern.test(path));
  const params = found?.contract.params?.safeParse({ ...found.pattern.exec(path)?.groups });
  if (found === undefined || params?.success === false)
    return send(response, { status: 404, body: { error: `no such page: ${path.slice(0, 100)}`, pages: PAGES } });
  const { declared, page, contract } = found;
  const mistake = declared.mistakeInQuery(parse(url.slice(path.length + 1)));
  if (mistake !== undefined) return send(response, refusal(400, mistake.message));
  if (page.onlyHere !== undefined) {
    if (request.method !== contract.method)
      return send(response.setHeader('allow', contract.method), refusal(405, page.onlyHere.usage));
    if (!LOOPBACK.test(request.socket.remoteAddress ?? '') || request.headers.origin !== undefined)
      return send(response, refusal(403, page.onlyHere.elsewhere));
  }
  const body = await bodyOf(request, found);
  if ('refused' in body) return send(response, body.refused);
  state.beforeRead();
  return send(
    response,
    await page.answer(state, { params: params?.data, body: body.value } as Parameters<typeof page.answer>[1]),
  );
}

/** The body as its route declares it, or why it cannot be taken. */
async function bodyOf(
  request: IncomingMessage,
  { contract, declared }: AdminRoute,
): Promise<{ readonly value: unknown } | { readonly refused: AdminAnswer }> {
  const isJson = (request.headers['content-type'] ?? '').startsWith('application/json');
  if (!declared.takesNoField && !isJson)
    return { refused: refusal(415, 'send JSON with content-type: application/json') };
  const text = await readBody(request);
  if (text === undefined)
    return { refused: refusal(413, `the body is longer than ${MAX_BODY_BYTES} bytes: name fewer at a time`) };
  if (declared.takesNoField && text.trim() === '') return { value: undefined };
  if (contract.body === undefined) return { refused: refusal(400, declared.unexpectedBody.message) };
  let asked: unknown;
  try {
    asked = JSON.parse(text);
  } catch {
    return { refused: refusal(400, declared.takesNoField ? declared.unexpectedBody.message : 'the body is no JSON') };
  }
  const mistake = declared.mistakeInBody(asked);
  if (mistake !== undefined) return { refused: refusal(400, mistake.message) };
  const parsed = contract.body.safeParse(asked);
  if (parsed.success) return { value: parsed.data };
  const issue = parsed.error.issues[0];
  return { refused: refusal(400, `${issue?.path.join('.') || 'request'}: ${issue?.message ?? 'invalid'}`) };
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

function refusal(status: number, error: string): AdminAnswer {
  return { status, body: { error } };
}

function send(response: ServerResponse, { status, body, contentType }: AdminAnswer): void {
  if (contentType !== undefined) response.writeHead(status, { 'content-type': contentType }).end(body);
  else
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' })
      .end(JSON.stringify(body));
}
