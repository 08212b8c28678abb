// Serves the built UI. Its assets carry a hash of their content in their names and may be kept for ever; index.html, which names them, is asked for
// each time, so that a browser never looks for the assets of an earlier version.
import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { sendError } from './api/own/own-error.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';
const ASKED_EACH_TIME = 'no-cache';

/** @param uiDir of the built UI; pages answer 503 with the remedy when it is absent */
export async function registerUi(app: FastifyInstance, uiDir: string): Promise<void> {
  const built = existsSync(`${uiDir}/index.html`);
  if (built)
    await app.register(fastifyStatic, {
      root: uiDir,
      wildcard: false,
      // As the build left them beside the files.
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, file) => {
        reply.header('cache-control', file.startsWith(`${uiDir}/assets/`) ? FOR_EVER : ASKED_EACH_TIME);
      },
    });
  app.setNotFoundHandler((request, reply) => {
    const isPage =
      request.method === 'GET' &&
      !request.url.startsWith('/api/') &&
      !request.url.startsWith('/prometheus/') &&
      !request.url.startsWith('/jaeger/') &&
      !request.url.startsWith('/assets/');
    if (isPage && built) return reply.sendFile('index.html');
    if (isPage)
      return reply.code(503).type('text/plain').send('The UI is not built: run "npm run build" and start again.\n');
    return sendError(reply, 404, {
      code: 'NO_ROUTE',
      message: `${request.method} ${request.url.slice(0, 200)} is not a route`,
      hint: 'docs/api.md has all routes, and /api/openapi.json',
    });
  });
}
