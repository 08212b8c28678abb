// The thread that checks large requests, and what becomes of requests when it dies, hangs or runs out of memory.
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CheckQueue, type CheckResult } from '#collector/admit/large-requests/check-queue.ts';
import type { LargeRequest } from '#collector/admit/large-requests/check-request.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
let queue: CheckQueue;
beforeEach(() => {
  queue = new CheckQueue();
});
afterEach(async () => {
  vi.useRealTimers();
  await queue.close();
});

/** Empty log records. */
function logs(records: number): LargeRequest {
  const items = Buffer.alloc(records * 2, '1200', 'hex');
  return {
    signal: 'logs',
    encoding: 'protobuf',
    body: lengthDelimited(lengthDelimited(items, 0x12), 0x0a),
    maxBodyBytes: MAX_BODY_BYTES,
  };
}

function lengthDelimited(payload: Buffer, tag: number): Buffer {
  const head = [tag];
  let rest = payload.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) head.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...head, rest]), payload]);
}

/** A thread that does with a body whose first byte is 0 what the code says, and is the real one otherwise… but answers with no pieces. */
function threadThat(code: string): Worker {
  return new Worker(
    `const { parentPort } = require('node:worker_threads');
     parentPort.on('message', ({ body }) => { if (body[0] === 0) { ${code} } else parentPort.postMessage({ kind: 'pieces', pieces: [] }); });`,
    { eval: true, resourceLimits: { maxOldGenerationSizeMb: 32 } },
  );
}

const bad: LargeRequest = {
  signal: 'logs',
  encoding: 'protobuf',
  body: Buffer.alloc(10),
  maxBodyBytes: MAX_BODY_BYTES,
};
const good: LargeRequest = { ...bad, body: Buffer.from([1]) };

it('cuts in another thread, one request after the other', async () => {
  const results = await Promise.all([queue.check(logs(20_000)), queue.check(logs(600_000)), queue.check(logs(40_000))]);
  expect(results.map((result) => (result.kind === 'pieces' ? result.pieces.length : result.kind))).toEqual([
    3,
    'refused',
    6,
  ]);
});

it('takes a large body away instead of copying it, and copies one that may be a slice of another', async () => {
  const large = logs(100_000);
  await queue.check(large);
  expect(large.body.length).toBe(0);
  const read = new ArrayBuffer(64 * 1024);
  const slice: LargeRequest = { ...logs(0), body: Buffer.from(read, 100, 40_000) };
  await queue.check(slice);
  expect(slice.body.length).toBe(40_000);
});

it('a thread that dies is replaced; its request may be sent again, those behind it are checked', async () => {
  queue = new CheckQueue(() => threadThat('process.exit(3)'));
  const results = await Promise.all([queue.check(bad), queue.check(good), queue.check(bad), queue.check(good)]);
  expect(results.map(({ kind }) => kind)).toEqual(['failed', 'pieces', 'failed', 'pieces']);
});

it('a thread that throws is replaced, and says what was wrong', async () => {
  queue = new CheckQueue(() => threadThat(`throw new Error('broken thing')`));
  const [failed, next] = await Promise.all([queue.check(bad), queue.check(good)]);
  expect(failed).toEqual({ kind: 'failed', message: expect.stringContaining('broken thing') as string });
  expect(next.kind).toBe('pieces');
});

it('a thread that cannot be started fails its request and no other', async () => {
  let starts = 0;
  queue = new CheckQueue(() => {
    if (++starts === 1) throw new Error('no more threads');
    return threadThat('');
  });
  expect(await queue.check(good)).toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('no more threads') as string,
  });
  expect(await queue.check(good)).toMatchObject({ kind: 'pieces' });
});

it('a request for which the thread runs out of memory is refused for good', async () => {
  queue = new CheckQueue(() => threadThat('const held = []; for (;;) held.push(new Array(10000).fill(held.length));'));
  const results = await Promise.all([queue.check(bad), queue.check(good)]);
  expect(results[0]).toMatchObject({
    kind: 'refused',
    reason: 'too_large',
    message: expect.stringContaining('memory') as string,
  });
  expect(results[1].kind).toBe('pieces');
});

it('a request that never ends is refused for good, and the thread replaced', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  queue = new CheckQueue(() => threadThat('for (;;);'));
  const hanging = queue.check(bad);
  const next = queue.check(good);
  vi.advanceTimersByTime(60_000);
  expect(await hanging).toMatchObject({
    kind: 'refused',
    reason: 'too_large',
    message: expect.stringContaining('time') as string,
  });
  expect(await next).toMatchObject({ kind: 'pieces' });
});

it('a request whose client has gone is not looked at', async () => {
  let isThere = true;
  const first = queue.check(logs(20_000));
  const second = logs(20_000);
  const gone = queue.check(second, () => isThere);
  isThere = false;
  expect((await first).kind).toBe('pieces');
  expect(await gone).toMatchObject({ kind: 'failed' });
});

it('the thread ends when there has been nothing to do for a minute, and another is started then', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  expect((await queue.check(logs(20_000))).kind).toBe('pieces');
  vi.advanceTimersByTime(59_000);
  expect(queue.hasThread).toBe(true);
  expect((await queue.check(logs(20_000))).kind).toBe('pieces');
  vi.advanceTimersByTime(59_000);
  expect(queue.hasThread).toBe(true);
  vi.advanceTimersByTime(2000);
  expect(queue.hasThread).toBe(false);
  expect((await queue.check(logs(20_000))).kind).toBe('pieces');
});

it('closing fails what waits', async () => {
  queue = new CheckQueue(() => threadThat('for (;;);'));
  const results: Promise<CheckResult>[] = [queue.check(bad), queue.check(good)];
  await queue.close();
  expect((await Promise.all(results)).map(({ kind }) => kind)).toEqual(['failed', 'failed']);
});
