// An Alertmanager of a test: a real HTTP server that refuses what the OpenAPI description of API v2 does not allow, and remembers what it took.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';

const labelSet = z.record(z.string(), z.string());
/** postableAlerts of https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml */
const postableAlerts = z.array(
  z.strictObject({
    labels: labelSet.refine((labels) => Object.keys(labels).length > 0),
    annotations: labelSet.optional(),
    startsAt: z.iso.datetime({ offset: true }).optional(),
    endsAt: z.iso.datetime({ offset: true }).optional(),
    generatorURL: z.url().optional(),
  }),
);
export type TakenAlert = z.infer<typeof postableAlerts>[number];

export interface TakenRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly alerts: readonly TakenAlert[];
}

/** Answers in place of taking the alerts. */
export type Misbehave = (request: IncomingMessage, response: ServerResponse) => void;

export class FakeAlertmanager {
  readonly requests: TakenRequest[] = [];
  /** Why requests were refused. */
  readonly refused: string[] = [];
  misbehave: Misbehave | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<FakeAlertmanager> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeAlertmanager(server);
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  get alerts(): TakenAlert[] {
    return this.requests.flatMap(({ alerts }) => alerts);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const piece of request) text += String(piece);
    if (this.misbehave !== undefined) return this.misbehave(request, response);
    const body = postableAlerts.safeParse(JSON.parse(text));
    const isJson = request.headers['content-type'] === 'application/json';
    if (request.method !== 'POST' || !isJson || !body.success) {
      this.refused.push(`${request.method} ${request.headers['content-type']} ${body.error?.message ?? ''}`);
      response.writeHead(400).end();
      return;
    }
    this.requests.push({ path: request.url ?? '', authorization: request.headers.authorization, alerts: body.data });
    response.writeHead(200).end();
  }
}
