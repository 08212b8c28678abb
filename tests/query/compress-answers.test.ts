// Answers over real HTTP, with and without compression: whole ones, streams, what stays as it is; the built UI and how long browsers keep it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compressAnswers } from '#query/compress-answers.ts';
import { registerUi } from '#query/serve-ui.ts';

const LARGE = { rows: Array.from({ length: 5000 }, (_, i) => ({ id: i, name: `row ${i}` })) };
const SCRIPT = `export const x = ${JSON.stringify('x'.repeat(5000))};\n`;
const PAGE = `<!doctype html><title>Winnow</title>${'<p>text</p>'.repeat(300)}\n`;

let app: FastifyInstance;
let uiDir: string;
let port = 0;
/** Generators of streams whose reader went away. */
let left = 0;

beforeAll(async () => {
  uiDir = mkdtempSync(path.join(tmpdir(), 'winnow-ui-'));
  mkdirSync(path.join(uiDir, 'assets'));
  writeFileSync(path.join(uiDir, 'index.html'), PAGE);
  writeFileSync(path.join(uiDir, 'assets', 'main-abc.js'), SCRIPT);
  writeFileSync(path.join(uiDir, 'assets', 'main-abc.js.br'), brotliCompressSync(SCRIPT));
  app = fastify();
  compressAnswers(app);
  app.get('/large', () => LARGE);
  app.get('/small', () => ({ is: 'small' }));
  app.get('/binary', (_request, reply) => reply.type('application/octet-stream').send(Buffer.alloc(5000)));
  app.get('/stream', (_request, reply) => reply.type('application/json').send(Readable.from(pieces(200))));
  app.get('/small-stream', (_request, reply) => reply.type('application/json').send(Readable.from(pieces(1))));
  app.get('/endless', (_request, reply) => reply.type('application/json').send(Readable.from(endless())));
  app.get('/failing', (_request, reply) => reply.type('application/json').send(Readable.from(failing(0))));
  app.get('/failing-soon', (_request, reply) => reply.type('application/json').send(Readable.from(failing(100))));
  app.get('/failing-late', (_request, reply) => reply.type('application/json').send(Readable.from(failing(50_000))));
  app.get('/events', (_request, reply) => reply.type('text/event-stream').send(Readable.from(pieces(100))));
  await registerUi(app, uiDir);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(async () => {
  await app.close();
  rmSync(uiDir, { recursive: true, force: true });
});

async function* pieces(count: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < count; i++) yield Buffer.from(`{"piece":${i},"more":"of the same"}\n`);
}

async function* endless(): AsyncGenerator<Buffer> {
  try {
    for (;;) {
      yield Buffer.alloc(64 * 1024, 'x');
      await sleep(1);
    }
  } finally {
    left++;
  }
}

async function* failing(after: number): AsyncGenerator<Buffer> {
  yield* pieces(after);
  throw new Error('the thread ended');
}

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly bytes: Buffer;
}

/** As it is on the wire. */
function get(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: url, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) }),
      );
    })
      .on('error', reject)
      .end();
  });
}

describe('answers', () => {
  it('are compressed as the client likes it', async () => {
    const plain = await get('/large');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.headers['vary']).toBe('accept-encoding');
    expect(JSON.parse(plain.bytes.toString())).toEqual(LARGE);
    const zipped = await get('/large', { 'accept-encoding': 'gzip' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.bytes)).toEqual(plain.bytes);
    const zstd = await get('/large', { 'accept-encoding': 'gzip, deflate, br, zstd' });
    expect(zstd.headers['content-encoding']).toBe('zstd');
    expect(zstdDecompressSync(zstd.bytes)).toEqual(plain.bytes);
    expect(zstd.bytes.length).toBeLessThan(plain.bytes.length / 5);
    expect(Number(zstd.headers['content-length'])).toBe(zstd.bytes.length);
  });

  it('stay as they are where nothing is gained, and for HEAD', async () => {
    for (const url of ['/small', '/small-stream', '/binary', '/events']) {
      const answer = await get(url, { 'accept-encoding': 'gzip, zstd' });
      expect(answer.headers['content-encoding'], url).toBeUndefined();
      expect(answer.bytes.length).toBeGreaterThan(0);
    }
    const head = await get('/large', { 'accept-encoding': 'gzip' }, 'HEAD');
    expect([head.status, head.bytes.length]).toEqual([200, 0]);
  });

  it('that are streams are compressed as they come', async () => {
    const plain = await get('/stream');
    const zipped = await get('/stream', { 'accept-encoding': 'gzip' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.bytes)).toEqual(plain.bytes);
  });

  it('end with the client', async () => {
    const before = left;
    await new Promise<void>((resolve) => {
      const asked = request(
        { host: '127.0.0.1', port, path: '/endless', headers: { 'accept-encoding': 'gzip' } },
        (answer) =>
          answer.once('data', () => {
            asked.destroy();
            resolve();
          }),
      );
      asked.on('error', () => undefined);
      asked.end();
    });
    await expect.poll(() => left, { timeout: 5000 }).toBe(before + 1);
  });

  it('that fail are an error before the first bytes, and cut off after them', async () => {
    for (const url of ['/failing', '/failing-soon']) {
      const answer = await get(url, { 'accept-encoding': 'gzip' });
      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.bytes.toString())).toMatchObject({ message: 'the thread ended' });
    }
    await expect(get('/failing-late', { 'accept-encoding': 'gzip' })).rejects.toThrow(/aborted|hang up/);
  });
});

describe('the built UI', () => {
  it('has assets for ever, as the build compressed them', async () => {
    const asset = await get('/assets/main-abc.js', { 'accept-encoding': 'gzip, deflate, br' });
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(asset.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(asset.bytes).toString()).toBe(SCRIPT);
    expect(asset.headers['content-type']).toMatch(/^(?:text|application)\/javascript/);
    const plain = await get('/assets/main-abc.js');
    expect(plain.bytes.toString()).toBe(SCRIPT);
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it('has pages that are asked for each time', async () => {
    const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'accept-encoding': 'gzip' };
    for (const url of ['/', '/index.html', '/trace/00000000000000000000000000000001', '/search?x=1']) {
      const page = await get(url, browser);
      expect(page.headers['cache-control'], url).toBe('no-cache');
      expect(gunzipSync(page.bytes).toString()).toBe(PAGE);
      const etag = String(page.headers['etag']);
      const again = await get(url, { ...browser, 'if-none-match': etag });
      expect([again.status, again.bytes.length], url).toEqual([304, 0]);
    }
  });

  it('is not for programs that ask for what is not there', async () => {
    for (const url of ['/federate?match[]=up', '/v1/traces', '/metrics', '/nothing'])
      for (const headers of [{}, { accept: '*/*' }, { accept: 'application/openmetrics-text,text/plain;q=0.5' }]) {
        const answer = await get(url, headers);
        expect([answer.status, answer.headers['content-type']], url).toEqual([404, 'application/json; charset=utf-8']);
      }
  });

  it('answers 404 for an asset of another version', async () => {
    expect((await get('/assets/main-old.js')).status).toBe(404);
  });
});
