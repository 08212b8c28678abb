// `winnow show TRACE_ID` against a running Winnow: the same tree as from the file, with the offsets it was stored with.
import { Writable } from 'node:stream';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runWinnow } from '#deploy/cli/run-winnow.ts';
import type { ShownTrace } from '#deploy/cli/show/trace-json.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';

const MS = 1e6;
const ID = 'abc'.padStart(32, '0');
const BASE_NS = BigInt(Date.now() - 1000) * 1_000_000n;
/** The server's clock is 50 ms behind. */
const spans: PlainSpan[] = [
  { id: '1', service: 'web', host: 'h1', name: 'GET /', kind: 2, start: 0, end: 100 * MS },
  { id: '2', parent: '1', service: 'web', host: 'h1', name: 'call', kind: 3, start: 10 * MS, end: 90 * MS },
  { id: '3', parent: '2', service: 'shop', host: 'h2', name: 'serve', kind: 2, start: -35 * MS, end: 35 * MS },
  { id: '4', parent: '77', service: 'shop', host: 'h2', name: 'orphan', start: 1, end: 2 * MS },
];

let winnow: RunningWinnow;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'winnow-show-'));
  winnow = await RunningWinnow.start('sampling: { wait: { quiet: 200ms, after_root: 400ms } }\n');
  const body = traceRequest(ID, spans, BASE_NS);
  const answer = await fetch(`http://${winnow.addresses['otlp_http']}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body,
  });
  if (!answer.ok) throw new Error(`not taken: ${answer.status}`);
  await winnow.settled();
}, 90_000);
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  await winnow.stop();
});

async function show(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const parts = { out: '', err: '' };
  const into = (name: 'out' | 'err'): Writable =>
    new Writable({ write: (chunk: Buffer, _encoding, done) => ((parts[name] += chunk.toString()), done()) });
  const code = await runWinnow(['show', ...words], {
    stdout: into('out'),
    stderr: into('err') as NodeJS.WriteStream,
    env: { WINNOW_LISTEN_HTTP: winnow.addresses['http'] },
    signal: new AbortController().signal,
  });
  return { code, ...parts };
}

it('prints a stored trace as it prints the same from a file', async () => {
  const file = path.join(dir, 'one.otlp.pb.frames');
  const body = traceRequest(ID, spans, BASE_NS);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  writeFileSync(file, Buffer.concat([length, body]));
  const [stored, local] = [await show('abc', '--json'), await show(file, '--json')];
  expect([stored.code, stored.err]).toEqual([0, '']);
  const [a, b] = [stored, local].map(({ out }) => JSON.parse(out) as ShownTrace);
  expect(a!.spans).toEqual(b!.spans);
  expect(a!.hosts).toEqual(b!.hosts);
  expect(a!.spans.find(({ name }) => name === 'serve')!.start).not.toBe(
    a!.spans.find(({ name }) => name === 'serve')!.raw_start,
  );
  const raw = JSON.parse((await show(ID, '--json', '--raw')).out) as ShownTrace;
  expect(raw.spans.every((span) => span.start === span.raw_start)).toBe(true);
  expect((await show('abc')).out).toContain('GET /');
});

it('says why a trace is not there, and where it looked when nobody answers', async () => {
  const missing = await show('dddd');
  expect(missing.code).toBe(1);
  expect(missing.err).toContain('No span of it has arrived');
  const nobody = await show('abc', '--server', '127.0.0.1:1');
  expect(nobody.code).toBe(1);
  expect(nobody.err).toContain('--server');
});
