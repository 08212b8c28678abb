// Compresses what is answered, whole or as a stream, where the client takes it and it is worth it.
import { Readable, pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createGzip, createZstdCompress, gzip, zstdCompress } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { codingFor, type Coding } from './accept-encoding.ts';

/** Smaller answers are one packet either way. */
const MIN_BYTES = 1024;
/** Fast rather than small: most answers go to the machine beside. */
const GZIP = { level: 3 };
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
const COMPRESSIBLE =
  /^(?:text\/(?!event-stream)|application\/(?:json|javascript|openmetrics-text|vnd\.winnow)|image\/svg)/;

/** What onSend hooks are given and give. */
type Payload = string | Buffer | Readable | null | undefined;

const whole: Readonly<Record<Coding, (bytes: string | Buffer) => Promise<Buffer>>> = {
  gzip: (bytes) => promisify<string | Buffer, typeof GZIP, Buffer>(gzip)(bytes, GZIP),
  zstd: (bytes) => promisify<string | Buffer, typeof ZSTD, Buffer>(zstdCompress)(bytes, ZSTD),
};
const streamed = { gzip: () => createGzip(GZIP), zstd: () => createZstdCompress(ZSTD) } as const;

/** Answers that bring a coding of their own stay as they are, and so do streams of events, which are sent as they happen. */
export function compressAnswers(app: FastifyInstance): void {
  app.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply, payload: Payload) => {
    if (payload === null || payload === undefined || !isCompressible(reply)) return payload;
    addVary(reply);
    const coding = request.method === 'HEAD' ? undefined : codingFor(request.headers['accept-encoding']);
    if (coding === undefined) return payload;
    if (payload instanceof Readable) return compressStream(payload, coding, reply);
    if (Buffer.byteLength(payload) < MIN_BYTES) return payload;
    const bytes = await whole[coding](payload);
    mark(reply, coding);
    return bytes;
  });
}

function isCompressible(reply: FastifyReply): boolean {
  if (reply.statusCode === 206 || reply.hasHeader('content-encoding')) return false;
  return COMPRESSIBLE.test(String(reply.getHeader('content-type') ?? ''));
}

function addVary(reply: FastifyReply): void {
  const vary = String(reply.getHeader('vary') ?? '');
  if (!/accept-encoding/i.test(vary))
    reply.header('vary', vary === '' ? 'accept-encoding' : `${vary}, accept-encoding`);
}

function mark(reply: FastifyReply, coding: Coding): void {
  reply.header('content-encoding', coding);
  reply.removeHeader('content-length');
}

/** The first bytes tell whether there are enough of them. */
async function compressStream(source: Readable, coding: Coding, reply: FastifyReply): Promise<Readable | Buffer> {
  const chunks = source.iterator();
  const first: Buffer[] = [];
  let length = 0;
  while (length < MIN_BYTES) {
    const { done, value }: IteratorResult<unknown, unknown> = await chunks.next();
    if (done === true) return Buffer.concat(first);
    const chunk = bytesOf(value);
    first.push(chunk);
    length += chunk.length;
  }
  mark(reply, coding);
  const compressed = streamed[coding]();
  // Where nothing was sent yet, an error is answered instead, as it is.
  compressed.once('error', () => {
    if (!reply.raw.headersSent) reply.removeHeader('content-encoding');
  });
  // Ends both, whichever fails: a client that goes away ends the evaluation whose answer this is.
  pipeline(Readable.from(following(first, chunks), { objectMode: false }), compressed, () => undefined);
  return compressed;
}

async function* following(first: readonly Buffer[], rest: AsyncIterator<unknown>): AsyncGenerator<Buffer> {
  try {
    yield* first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield bytesOf(next.value);
  } finally {
    await rest.return?.();
  }
}

function bytesOf(chunk: unknown): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError('an answer is made of text or bytes');
}
