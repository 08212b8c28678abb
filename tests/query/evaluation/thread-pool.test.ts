// The pool of threads that evaluate PromQL: order of answers, clients that go away, time that is over. Heavy queries here read no series: a subquery
// over a constant costs as much as one likes.
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { getPriority } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { ThreadPool } from '#query/evaluation/thread-pool.ts';
import type { Question } from '#query/evaluation/question.ts';
import { DEFAULT_ENGINE_OPTIONS } from '#query/promql/engine.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';

const NOBODY = { url: 'http://127.0.0.1:9', user: 'default', password: '', database: 'default', timeoutMs: 1000 };
const { nowMs, ...engine } = { ...DEFAULT_ENGINE_OPTIONS, features: ALL_FEATURES };
/** Minutes of work, in small steps. */
const HEAVY = 'sum_over_time(vector(1)[1h:1ms])';

const pools: ThreadPool[] = [];
function poolOf(maxLong: number, url = NOBODY.url): ThreadPool {
  const database = { ...NOBODY, url, timeoutMs: 10_000 };
  const pool = new ThreadPool({ database, engine, maxLong, nowMs });
  pools.push(pool);
  return pool;
}
afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

function question(query: string, rest: Partial<Question> = {}): Question {
  const at = { kind: 'instant', timeMs: 60_000 } as const;
  return { query, at, lookbackMs: 300_000, timeoutMs: 120_000, limit: 0, withStats: false, warnings: [], ...rest };
}
/** Steps of a range query that the heavy one is asked at. */
const LONG_RANGE = { kind: 'range', startMs: 0, endMs: 10_000_000, stepMs: 1000 } as const;

/** Of all threads of this process, as Linux counts: the larger the number, the later it is their turn. */
function lowestPriority(): number {
  if (!existsSync('/proc/self/task')) return getPriority();
  return Math.max(
    ...readdirSync('/proc/self/task').map((thread) => {
      try {
        return getPriority(Number(thread));
      } catch {
        return -Infinity; // it has ended meanwhile
      }
    }),
  );
}

async function textOf(pool: ThreadPool, asked: Question, signal = new AbortController().signal): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await pool.evaluate(asked, signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe('threads that evaluate', () => {
  it('give the whole answer, envelope and stats included', async () => {
    const pool = poolOf(1);
    expect(JSON.parse(await textOf(pool, question('vector(2) + 3')))).toEqual({
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [60, '5'] }] },
    });
    const range = { kind: 'range', startMs: 0, endMs: 2000, stepMs: 1000 } as const;
    expect(JSON.parse(await textOf(pool, question('time()', { at: range, withStats: true })))).toMatchObject({
      data: {
        resultType: 'matrix',
        result: [{ metric: {}, values: [[0, '0'], [1, '1'], [2, '2']] }], // prettier-ignore
        stats: { samples: { samplesRead: 0 } },
      },
    });
  });

  it('say what is wrong with a query as the API says it', async () => {
    const pool = poolOf(1);
    await expect(textOf(pool, question('sum('))).rejects.toMatchObject({ type: 'bad_data' });
    await expect(textOf(pool, question('"text"', { at: LONG_RANGE }))).rejects.toMatchObject({ type: 'bad_data' });
    await expect(textOf(pool, question('up'))).rejects.toMatchObject({ type: 'internal' });
    expect(await textOf(pool, question('1'))).toContain('"1"');
  });

  it('answer short queries while more long ones run and wait than may at a time', async () => {
    const pool = poolOf(2);
    const gone = new AbortController();
    let ended = 0;
    const heavy = Array.from({ length: 5 }, () =>
      textOf(pool, question(HEAVY, { at: LONG_RANGE }), gone.signal).then(
        () => ended++,
        () => ended++,
      ),
    );
    for (let i = 0; i < 8; i++) expect(await textOf(pool, question(`vector(${i})`))).toContain(`"${i}"`);
    expect(ended).toBe(0);
    gone.abort();
    await Promise.all(heavy);
    expect(ended).toBe(5);
  });

  it('end a long answer that began anew with what it is', async () => {
    const pool = poolOf(1);
    const gone = new AbortController();
    const first = textOf(pool, question(HEAVY, { at: LONG_RANGE }), gone.signal).catch((error: unknown) => error);
    // Some hundred ms: it becomes long while another one runs, is put back, and begins anew when that one has gone.
    const second = textOf(pool, question('sum_over_time(vector(1)[10m:1ms])', { at: { ...LONG_RANGE, endMs: 3000 } }));
    expect(await textOf(pool, question('1'))).toContain('"1"');
    gone.abort();
    expect(await first).toMatchObject({ type: 'canceled' });
    expect(JSON.parse(await second)).toMatchObject({
      data: { result: [{ values: [[0, '600000'], [1, '600000'], [2, '600000'], [3, '600000']] }] }, // prettier-ignore
    });
  });

  it('are free again when a client has gone, also in the middle of work that looks at no clock', async () => {
    const pool = poolOf(1);
    for (let i = 0; i < 6; i++) {
      const gone = new AbortController();
      const asked = textOf(pool, question(HEAVY, { at: LONG_RANGE }), gone.signal);
      setTimeout(() => gone.abort(), 80);
      await expect(asked).rejects.toMatchObject({ type: 'canceled' });
    }
    expect(await textOf(pool, question('42'))).toContain('"42"');
  });

  it('do not put a short question behind long ones because the store is slow', async () => {
    const slow = createServer((_request, response) => {
      setTimeout(() => response.writeHead(500).end('late'), 1500);
    });
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const address = slow.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const pool = poolOf(1, `http://127.0.0.1:${port}`);
    const gone = new AbortController();
    let isOver = false;
    const heavy = textOf(pool, question(HEAVY, { at: LONG_RANGE }), gone.signal).finally(() => {
      isOver = true;
    });
    // Both wait for the store, and a third one finds a thread nevertheless.
    const asked = [1, 2].map(() => textOf(pool, question('up')));
    for (const one of asked) await expect(one).rejects.toMatchObject({ type: 'internal' });
    expect(await textOf(pool, question('2'))).toContain('"2"');
    expect(isOver).toBe(false);
    gone.abort();
    await expect(heavy).rejects.toMatchObject({ type: 'canceled' });
    slow.close();
    slow.closeAllConnections();
  });

  it('give way while their question is long, on Linux', async () => {
    const own = getPriority();
    const pool = poolOf(1);
    await textOf(pool, question('1'));
    expect(lowestPriority()).toBe(own);
    const gone = new AbortController();
    const heavy = textOf(pool, question(HEAVY, { at: LONG_RANGE }), gone.signal);
    const isLinux = existsSync('/proc/thread-self');
    await expect.poll(lowestPriority, { timeout: 20_000 }).toBe(isLinux ? Math.min(19, own + 10) : own);
    gone.abort();
    await expect(heavy).rejects.toMatchObject({ type: 'canceled' });
    // Raised again, or ended where that is not allowed.
    await expect.poll(lowestPriority, { timeout: 20_000 }).toBe(own);
    expect(await textOf(pool, question('1'))).toContain('"1"');
  });

  it('end a query whose time is over, also one that waits', async () => {
    const pool = poolOf(1);
    const asked = [1, 2, 3].map(() => textOf(pool, question(HEAVY, { at: LONG_RANGE, timeoutMs: 400 })));
    for (const one of await Promise.allSettled(asked))
      expect(one).toMatchObject({ status: 'rejected', reason: { type: 'timeout' } });
    expect(await textOf(pool, question('42'))).toContain('"42"');
  });

  it('refuse more questions than may wait, by name', async () => {
    const pool = poolOf(1);
    const gone = new AbortController();
    const asked = Array.from({ length: 300 }, () =>
      textOf(pool, question(HEAVY, { at: LONG_RANGE }), gone.signal).catch((error: unknown) => error),
    );
    expect(await asked[299]).toMatchObject({
      type: 'timeout',
      message: expect.stringContaining('256 queries wait already (query.max_concurrency)'),
    });
    gone.abort();
    for (const error of await Promise.all(asked)) expect(error).toBeInstanceOf(Error);
    expect(await textOf(pool, question('42'))).toContain('"42"');
  });

  it('hold an answer back when its client does not read, and end it when the client leaves', async () => {
    const pool = poolOf(1);
    // 11,000 steps of 100 series: some 25 MB of text.
    const many = Array.from({ length: 100 }, (_, i) => `label_replace(vector(${i}.5), "i", "${i}", "", "")`).join(
      ' or ',
    );
    const asked = question(many, { at: { kind: 'range', startMs: 0, endMs: 10_999_000, stepMs: 1000 } });
    let bytes = 0;
    for await (const piece of await pool.evaluate(asked, new AbortController().signal)) {
      bytes += piece.byteLength;
      if (bytes > 1_000_000) break;
    }
    expect(await textOf(pool, question('42'))).toContain('"42"');
    expect(JSON.parse(await textOf(pool, asked))).toMatchObject({ status: 'success' });
  });
});
