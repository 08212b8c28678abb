// One request to the collector, and what each of its answers means for the samples.
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { uncompressSync } from 'snappy';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RemoteWriteTranslator } from '#collector/metrics/remote-write/translate.ts';
import { LabelSet } from '#query/promql/labels.ts';
import { sendSamples } from '#query/rules/run/send-samples.ts';

const SAMPLES = [1, 2, 3].map((value) => ({
  labels: LabelSet.from([
    ['__name__', 'm'],
    ['n', String(value)],
  ]),
  timeMs: 1_767_225_600_000,
  value,
}));
let server: Server;
let receiver: string;
let bodies: Buffer[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  bodies = [];
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => void pieces.push(piece));
    request.on('end', () => {
      bodies.push(Buffer.concat(pieces));
      answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  receiver = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterEach(async () => {
  server.closeAllConnections();
  if (server.listening) server.close();
  await Promise.resolve();
});

test('the body is a remote write 2.0 request', async () => {
  answer = (response) => response.writeHead(204).end();
  expect(await sendSamples(receiver, SAMPLES)).toEqual({ kind: 'accepted', refused: 0, message: '' });
  const rows = new RemoteWriteTranslator().translate(uncompressSync(bodies[0]!) as Buffer, 2, 0);
  expect(typeof rows === 'string' ? rows : rows.samples.length).toBe(3);
});

test.each([
  ['a part is refused', 400, { 'X-Prometheus-Remote-Write-Samples-Written': '2' }, { kind: 'accepted', refused: 1 }],
  ['it is too large', 413, {}, { kind: 'accepted', refused: 3 }],
  ['the collector is busy', 503, { 'Retry-After': '7' }, { kind: 'away', retryAfterMs: 7000 }],
  ['it asks for an absurd time', 503, { 'Retry-After': '86400' }, { kind: 'away', retryAfterMs: 30_000 }],
  ['it limits the rate', 429, {}, { kind: 'away', retryAfterMs: 0 }],
  ['it is broken', 500, {}, { kind: 'away' }],
])('%s', async (_, status, headers, expected) => {
  answer = (response) => response.writeHead(status, headers).end('the reason\n');
  const outcome = await sendSamples(receiver, SAMPLES);
  expect(outcome).toMatchObject({ ...expected, message: `${status} the reason` });
});

test('nobody answers', async () => {
  answer = (response) => response.destroy();
  expect(await sendSamples(receiver, SAMPLES)).toMatchObject({ kind: 'away' });
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  const outcome = await sendSamples(receiver, SAMPLES);
  expect(outcome).toMatchObject({ kind: 'away' });
  expect(outcome.message).toContain('ECONNREFUSED');
});
