// Telling formats apart, streaming them, and saying where a broken capture is broken.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { encodeRequest } from '#deploy/replay/encode-request.ts';
import { readJsonDocuments } from '#deploy/replay/read/json-documents.ts';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { readSpans, type ReadSpan } from '#tests/support/read-spans.ts';

const folder = mkdtempSync(join(tmpdir(), 'winnow-captures-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileOf(content: string | Uint8Array): string {
  const path = join(folder, `capture-${files++}`);
  writeFileSync(path, content);
  return path;
}

async function spansOf(content: string | Uint8Array): Promise<ReadSpan[]> {
  const spans: ReadSpan[] = [];
  for await (const { bytes } of readCapture(fileOf(content))) spans.push(...readSpans(bytes));
  return spans;
}

const traceId = '0af7651916cd43dd8448eb211c80319c';
const request = {
  resourceSpans: [
    {
      resource: { attributes: [] },
      scopeSpans: [
        { spans: [{ traceId, spanId: '00000000000000aa', name: 'a', startTimeUnixNano: '5', endTimeUnixNano: '6' }] },
      ],
    },
  ],
};

function frame(body: Uint8Array): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(body.length);
  return Buffer.concat([prefix, body]);
}

describe('a capture is told by its content', () => {
  const bytes = encodeRequest('traces', request);
  test.each([
    ['frames', Buffer.concat([frame(bytes), frame(bytes)])],
    ['frames, each zstd', Buffer.concat([frame(zstdCompressSync(bytes)), frame(zstdCompressSync(bytes))])],
    ['frames, the whole gzipped', gzipSync(Buffer.concat([frame(bytes), frame(bytes)]))],
    ['JSON lines', `${JSON.stringify(request)}\n${JSON.stringify(request)}\n`],
    ['JSON lines, the whole zstd', zstdCompressSync(`${JSON.stringify(request)}\n${JSON.stringify(request)}\n`)],
    ['pretty documents, one after the other', `${JSON.stringify(request, null, 2)}${JSON.stringify(request, null, 2)}`],
    ['an array of documents', JSON.stringify([request, request])],
  ])('%s', async (_name, content) => {
    expect((await spansOf(content)).map(({ name }) => name)).toEqual(['a', 'a']);
  });

  test('nothing at all is an empty capture', async () => {
    expect(await spansOf('')).toEqual([]);
  });
});

describe('a broken capture', () => {
  const bytes = encodeRequest('traces', request);
  test.each([
    ['a cut frame', frame(bytes).subarray(0, -3), /ends inside frame 0/u],
    ['an absurd frame length', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0]), /frame 0 at byte 0 announces/u],
    ['a cut document', JSON.stringify(request).slice(0, -4), /ends inside the JSON document that starts at byte 0/u],
    ['JSON of something else', '{"hello": 1}', /byte 0 is neither OTLP\/JSON nor Jaeger nor Zipkin/u],
    ['text between documents', `${JSON.stringify(request)} oops`, /"o" where a JSON object was expected/u],
  ])('%s is named with its place and its file', async (_name, content, message) => {
    await expect(spansOf(content)).rejects.toThrow(message);
    await expect(spansOf(content)).rejects.toThrow(folder);
  });
});

test('documents are found whatever the chunks are cut into', async () => {
  const document = fc
    .json({ maxDepth: 3 })
    .filter((text) => /^[{[]/u.test(text))
    .map((text) => `{"v":${text}}`);
  await fc.assert(
    fc.asyncProperty(fc.array(document, { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), async (documents, size) => {
      const bytes = Buffer.from(documents.join('\n'));
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      const found: string[] = [];
      for await (const { text } of readJsonDocuments(chunks())) found.push(text);
      expect(found).toEqual(documents);
    }),
    { seed: 3, numRuns: 50 },
  );
});

test('Jaeger JSON becomes spans with kind, status, parent, links, events and host', async () => {
  const jaeger = {
    data: [
      {
        traceID: 'abc',
        spans: [
          {
            traceID: 'abc',
            spanID: '2',
            flags: 1,
            operationName: 'op',
            startTime: 1_655_759_368_183_644,
            duration: 515,
            processID: 'p1',
            references: [
              { refType: 'FOLLOWS_FROM', traceID: 'abc', spanID: '3' },
              { refType: 'CHILD_OF', traceID: 'abc', spanID: '1' },
              { refType: 'CHILD_OF', traceID: 'def', spanID: '9' },
            ],
            tags: [
              { key: 'span.kind', type: 'string', value: 'server' },
              { key: 'error', type: 'bool', value: true },
              { key: 'n', type: 'int64', value: 7 },
            ],
            logs: [
              {
                timestamp: 1_655_759_368_183_650,
                fields: [
                  { key: 'event', type: 'string', value: 'retry' },
                  { key: 'attempt', type: 'int64', value: 2 },
                ],
              },
            ],
          },
          {
            traceID: 'abc',
            spanID: '1',
            operationName: 'root',
            startTime: 1_655_759_368_183_600,
            duration: 900,
            processID: 'p1',
            tags: [],
            logs: null,
            references: null,
          },
        ],
        processes: { p1: { serviceName: 'geo', tags: [{ key: 'hostname', type: 'string', value: 'h1' }] } },
      },
    ],
  };
  const [span, root] = await spansOf(JSON.stringify(jaeger));
  expect(span).toMatchObject({
    service: 'geo',
    host: 'h1',
    traceId: '00000000000000000000000000000abc',
    spanId: '0000000000000002',
    parentSpanId: '0000000000000001',
    kind: 2,
    startTimeUnixNano: '1655759368183644000',
    endTimeUnixNano: '1655759368184159000',
    status: { code: 2 },
    attributes: [{ key: 'n', value: { intValue: '7' } }],
    events: [
      {
        timeUnixNano: '1655759368183650000',
        name: 'retry',
        attributes: [{ key: 'attempt', value: { intValue: '2' } }],
      },
    ],
  });
  expect(span?.links?.map((link) => link.spanId)).toEqual(['0000000000000003', '0000000000000009']);
  expect(root).toMatchObject({ kind: 0, name: 'root' });
  expect(root?.parentSpanId).toBeUndefined();
});

test('what follows from a span is linked to it, never its child', async () => {
  const at = {
    traceID: 'abc',
    operationName: 'op',
    startTime: 1_655_759_368_183_644,
    duration: 5,
    processID: 'p1',
    tags: [],
    logs: null,
  };
  const spans = [
    { ...at, spanID: '1', references: null },
    { ...at, spanID: '2', references: [{ refType: 'FOLLOWS_FROM', traceID: 'abc', spanID: '1' }] },
  ];
  const [, follower] = await spansOf(
    JSON.stringify({ data: [{ traceID: 'abc', spans, processes: { p1: { serviceName: 's', tags: [] } } }] }),
  );
  expect(follower?.parentSpanId).toBeUndefined();
  expect(follower?.links?.map(({ spanId }) => spanId)).toEqual(['0000000000000001']);
});

test('Zipkin JSON becomes spans: shared ids stay shared, brokers become messaging attributes, error tags a status', async () => {
  const zipkin = [
    {
      traceId: '0562809467078eab',
      id: 'aa',
      kind: 'PRODUCER',
      name: 'send',
      timestamp: 1_541_405_397_200_023,
      duration: 26,
      localEndpoint: { serviceName: 'a', ipv4: '10.0.0.1' },
      remoteEndpoint: { serviceName: 'kafka' },
      tags: { 'kafka.topic': 'messages' },
    },
    {
      traceId: '0562809467078eab',
      id: 'bb',
      parentId: 'aa',
      kind: 'CLIENT',
      name: 'get',
      timestamp: 1_541_405_397_200_030,
      duration: 5,
      localEndpoint: { serviceName: 'a' },
      tags: { error: 'boom' },
    },
    {
      traceId: '0562809467078eab',
      id: 'bb',
      parentId: 'aa',
      kind: 'SERVER',
      shared: true,
      name: 'get',
      timestamp: 1_541_405_397_200_031,
      localEndpoint: { serviceName: 'b' },
      annotations: [{ timestamp: 1_541_405_397_200_032, value: 'ws' }],
    },
  ];
  const [send, client, server] = await spansOf(JSON.stringify(zipkin)).then((spans) =>
    spans.toSorted((x, y) => x.startTimeUnixNano.localeCompare(y.startTimeUnixNano)),
  );
  expect(send).toMatchObject({
    service: 'a',
    kind: 4,
    traceId: '00000000000000000562809467078eab',
    startTimeUnixNano: '1541405397200023000',
  });
  expect(send?.attributes).toContainEqual({ key: 'messaging.system', value: { stringValue: 'kafka' } });
  expect(send?.attributes).toContainEqual({ key: 'messaging.destination.name', value: { stringValue: 'messages' } });
  expect(client).toMatchObject({ kind: 3, status: { code: 2, message: 'boom' } });
  expect(server).toMatchObject({
    kind: 2,
    service: 'b',
    spanId: client?.spanId,
    parentSpanId: client?.parentSpanId,
    endTimeUnixNano: '1541405397200031000',
    events: [{ name: 'ws' }],
  });
});
