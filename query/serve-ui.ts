// Serves the built UI. Its assets carry a hash of their content in their names and may be kept for ever; index.html, which names them, is asked for
// each time, so that a browser never looks for the assets of an earlier version.
import { existsSync, readFileSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { sendError } from './api/own/own-error.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';
const ASKED_EACH_TIME = 'no-cache';
/** The page itself, whoever asks for it. */
const ENTRY = /^\/(?:index\.html)?(?:\?|$)/;

/** The page, told below which path it is: it asks for its files and answers there. */
function pageBelow(uiDir: string, basePath: string): string {
  return readFileSync(`${uiDir}/index.html`, 'utf8').replace('<base href="/"', `<base href="${basePath}/"`);
}

/**
 * @param uiDir of the built UI; pages answer 503 with the remedy when it is absent
 * @param basePath below which a proxy shows it; empty or as `/winnow`
 */
export async function registerUi(app: FastifyInstance, uiDir: string, basePath = ''): Promise<void> {
  const built = existsSync(`${uiDir}/index.html`);
  const page = built && basePath !== '' ? pageBelow(uiDir, basePath) : undefined;
  if (built)
    await app.register(fastifyStatic, {
      root: uiDir,
      wildcard: false,
      ...(page !== undefined && { index: false, globIgnore: ['index.html*'] }),
      // As the build left them beside the files.
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, file) => {
        reply.header('cache-control', file.startsWith(`${uiDir}/assets/`) ? FOR_EVER : ASKED_EACH_TIME);
      },
    });
  app.setNotFoundHandler((request, reply) => {
    // Who asks for anything, as scrapers, exporters and probes do, did not mean a page.
    const isPage =
      request.method === 'GET' &&
      (ENTRY.test(request.url) || request.headers.accept?.includes('text/html') === true) &&
      !request.url.startsWith('/api/') &&
      !request.url.startsWith('/prometheus/') &&
      !request.url.startsWith('/jaeger/') &&
      !request.url.startsWith('/assets/');
    if (isPage && page !== undefined)
      return reply.header('cache-control', ASKED_EACH_TIME).type('text/html; charset=utf-8').send(page);
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
