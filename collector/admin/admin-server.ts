// The admin address of the collector: which requests it takes, and how they are checked; the routes are in proto/admin/routes.ts, their
// answers in admin-answers.ts.
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ADMIN_ROUTES, type AdminRouteName } from '#proto/admin/routes.ts';
import { DeclaredRequest } from '#proto/api/declared-request.ts';
import type { RequestContract } from '#proto/api/route-contract.ts';
import { boundAddress, ListenError } from '#collector/receive/listen.ts';
import type { RefusedConnections } from '#collector/receive/refused-connections.ts';
import type { AdminAnswer } from './admin-answer.ts';
import { ADMIN_ANSWERS, type AdminPage, type AdminState } from './admin-answers.ts';

/** Scrapers, query and people: more connections are a mistake. */
const MAX_CONNECTIONS = 1024;
/** For the headers of a request and for all of it. */
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTIONS_CHECK_MS = 5000;
/** Of a connection without a request. */
const KEEP_ALIVE_MS = 5000;
/** A thousand trace ids, and room for names. */
const MAX_BODY_BYTES = 64 * 1024;
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const PAGES = Object.values(ADMIN_ROUTES).map(({ method, path }) => (method === 'GET' ? path : `${method} ${path}`));

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @param state its `refused` counts connections that were not accepted */
export async function startAdminServer(
  listen: { host: string; port: number },
  state: AdminState & { readonly refused: RefusedConnections },
): Promise<AdminServer> {
  const app = adminApp(state);
  await app.ready();
  const { server } = app;
  server.maxConnections = MAX_CONNECTIONS;
  // Not app.listen: it binds `localhost` to two addresses, of which only one would have these bounds and be counted.
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ListenError('the admin server', listen, 'listen.admin', error)));
    server.listen(listen.port, listen.host, resolve);
  });
  state.refused.watch(server);
  return {
    port: boundAddress(server).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await app.close();
    },
  };
}

function adminApp(state: AdminState): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: CONNECTIONS_CHECK_MS },
    frameworkErrors: (_error, request, reply) => void send(reply, noSuchPage(request)),
  });
  // What a body is follows from the route, not from what the client calls it.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler((request, reply) => send(reply, noSuchPage(request)));
  app.setErrorHandler((error, _request, reply) => send(reply, answerTo(error)));
  for (const name of Object.keys(ADMIN_ROUTES) as AdminRouteName[]) addRoute(app, state, name);
  return app;
}

function addRoute(app: FastifyInstance, state: AdminState, name: AdminRouteName): void {
  const contract: RequestContract = ADMIN_ROUTES[name];
  const page: AdminPage<unknown> = ADMIN_ANSWERS[name];
  const declared = new DeclaredRequest(contract);
  app.route({
    // A page answers every method; where the method matters, `onlyHere` names it.
    method: app.supportedMethods,
    url: contract.path,
    onRequest: async (request, reply) => {
      const refused = refusedBeforeBody(request, { contract, declared, page });
      if (refused === undefined) return undefined;
      if (refused.status === 405) reply.header('allow', contract.method);
      return send(reply, refused);
    },
    handler: async (request, reply) => {
      const body = bodyOf(request, contract, declared);
      if ('refused' in body) return send(reply, body.refused);
      state.beforeRead();
      const asked = { params: contract.params?.parse(request.params), body: body.value };
      return send(reply, await page.answer(state, asked as Parameters<typeof page.answer>[1]));
    },
  });
}

interface AdminRoute {
  readonly contract: RequestContract;
  readonly declared: DeclaredRequest;
  readonly page: AdminPage<unknown>;
}

function refusedBeforeBody(
  request: FastifyRequest,
  { contract, declared, page: { onlyHere } }: AdminRoute,
): AdminAnswer | undefined {
  if (contract.params?.safeParse(request.params).success === false) return noSuchPage(request);
  const mistake = declared.mistakeInQuery(fieldsOf(request.query));
  if (mistake !== undefined) return refusal(400, mistake.message);
  if (onlyHere !== undefined) {
    if (request.method !== contract.method) return refusal(405, onlyHere.usage);
    if (!LOOPBACK.test(request.socket.remoteAddress ?? '') || request.headers.origin !== undefined)
      return refusal(403, onlyHere.elsewhere);
  }
  const isJson = (request.headers['content-type'] ?? '').startsWith('application/json');
  if (!declared.takesNoField && !isJson) return NOT_JSON;
  return undefined;
}

const NOT_JSON = refusal(415, 'send JSON with content-type: application/json');

/** The body as its route declares it, or why it is refused. */
function bodyOf(
  request: FastifyRequest,
  contract: RequestContract,
  declared: DeclaredRequest,
): { readonly value: unknown } | { readonly refused: AdminAnswer } {
  const text = typeof request.body === 'string' ? request.body : '';
  // Fastify does not read the body of a GET.
  const isUnread = text === '' && Number(request.headers['content-length'] ?? 0) > 0;
  if (declared.takesNoField && text.trim() === '' && !isUnread) return { value: undefined };
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

/** What Fastify refuses of a body, or what went wrong in an answer. */
function answerTo(error: unknown): AdminAnswer {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return refusal(413, `the body is longer than ${MAX_BODY_BYTES} bytes: name fewer at a time`);
  return code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? NOT_JSON : refusal(500, String(error));
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function noSuchPage(request: FastifyRequest): AdminAnswer {
  const [path = '/'] = request.url.split('?');
  return { status: 404, body: { error: `no such page: ${path.slice(0, 100)}`, pages: PAGES } };
}

function refusal(status: number, error: string): AdminAnswer {
  return { status, body: { error } };
}

function send(reply: FastifyReply, { status, body, contentType }: AdminAnswer): FastifyReply {
  reply.code(status);
  if (contentType !== undefined) return reply.header('content-type', contentType).send(body);
  // As bytes: Fastify adds a charset, which JSON has not, to the type of a text.
  return reply
    .header('content-type', 'application/json')
    .header('x-content-type-options', 'nosniff')
    .send(Buffer.from(JSON.stringify(body)));
}
