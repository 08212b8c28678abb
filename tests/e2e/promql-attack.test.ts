// Hostile questions and remote writes against the running product: refused or answered as Prometheus would, in bounded memory, with others served meanwhile.
import { compressSync } from 'snappy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WireWriter } from '#proto/wire/writer.ts';
import { attack, processOf, type Watched } from '#tests/support/attacked.ts';
import { remoteWrite } from '#tests/support/remote-write.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';

const NOW_MS = Date.now();
const TIME = String(NOW_MS / 1000);
const MOST_MB = 256;
const MANY = 'a'.repeat(30);

let winnow: RunningWinnow;
let pids: readonly string[];
beforeAll(async () => {
  winnow = await RunningWinnow.start();
  const series = Array.from({ length: 500 }, (_, at) => ({
    labels: { __name__: 'm', i: String(at), x: MANY },
    samples: [
      [NOW_MS - 60_000, '1'],
      [NOW_MS, '2'],
    ] as const,
  }));
  const { status } = await remoteWrite(winnow.addresses['otlp_http']!, 2, series);
  if (status !== 204) throw new Error(`remote write was answered ${status}`);
  await winnow.settled();
  pids = ['query/main', 'collector/main'].map((program) => processOf(winnow, program));
});
afterAll(() => winnow.stop());

async function light(): Promise<void> {
  expect((await winnow.promql(`count(m{i=~"[0-9]"} @ ${TIME})`)).map(({ value }) => value[1])).toEqual(['10']);
}

async function watched(ask: () => Promise<Response>): Promise<Watched> {
  const seen = await attack(pids, ask, light);
  for (const grown of seen.grownMb) expect(grown).toBeLessThan(MOST_MB);
  expect(seen.answered).toBeGreaterThan(0);
  return seen;
}

interface Answer {
  readonly status: number;
  readonly errorType?: string;
  readonly error?: string;
  readonly values?: readonly string[];
}

async function ask(route: string, params: Readonly<Record<string, string>>): Promise<Answer> {
  const body = new URLSearchParams(params);
  const { status, text } = await watched(() =>
    fetch(`http://${winnow.addresses['http']}/api/v1/${route}`, { method: 'POST', body }),
  );
  const answer = JSON.parse(text) as {
    errorType?: string;
    error?: string;
    data?: { result: { value: [number, string] }[] };
  };
  if (answer.data === undefined) return { status, errorType: answer.errorType ?? '', error: answer.error ?? '' };
  return { status, values: [...new Set(answer.data.result.map(({ value }) => value[1]))] };
}

const bad = (error: string): unknown => ({
  status: 400,
  errorType: 'bad_data',
  error: expect.stringContaining(error) as string,
});

describe('hostile questions', () => {
  it.each([
    ['a regular expression that backtracks elsewhere', 'count(m{x=~"(a+)+b"}) or vector(0)', ['0']],
    ['… in label_replace', 'count(label_replace(m, "y", "$1", "x", "((a?){30})*b"))', ['500']],
    ['… with many repetitions', 'count(m{x=~"(a{1,500}){1,2}"})', ['500']],
    ['10,000 terms', Array.from({ length: 10_000 }, () => 'm{i="1"}').join(' + '), ['20000']],
    ['a matcher of 200 kB', `count(m{i!="${'x'.repeat(200_000)}"})`, ['500']],
  ])('answered: %s', async (_, query, values) => {
    expect(await ask('query', { query, time: TIME })).toEqual({ status: 200, values });
  });

  it.each([
    ['nested repetitions', 'm{x=~"((a{100}){100}){100}"}', 'error parsing regexp: invalid repeat count: `{100}`'],
    ['100,000 parentheses', `${'('.repeat(100_000)}1${')'.repeat(100_000)}`, 'nesting limit'],
    ['100,000 calls', `${'abs('.repeat(100_000)}m${')'.repeat(100_000)}`, 'nesting limit'],
    [
      'an expression of 200 kB',
      `m{i=~"${Array.from({ length: 40_000 }, (_, at) => at).join('|')}"}`,
      'regular expression limit: 228889 characters, at most 30000',
    ],
    [
      '10,000 matchers',
      `m{${Array.from({ length: 10_000 }, (_, at) => `a${at}=""`).join(',')}}`,
      'matcher limit: a selector has more than the 256',
    ],
    ['more than a megabyte', `m{i="${'x'.repeat(1_000_001)}"}`, 'length limit'],
  ])('refused: %s', async (_, query, error) => {
    expect(await ask('query', { query, time: TIME })).toEqual(bad(error));
  });

  it.each([
    [{ start: '0', end: '11001', step: '1' }, 'exceeded maximum resolution of 11,000 points per timeseries'],
    [{ start: '0', end: '1e15', step: '1e-9' }, 'exceeded maximum resolution of 11,000 points per timeseries'],
    [{ start: '0', end: '1', step: '0' }, 'zero or negative query resolution step widths are not accepted'],
    [{ start: '0', end: '1', step: '1e400' }, 'cannot parse "1e400" to a valid duration'],
    [{ start: '1e400', end: '1', step: '1' }, 'cannot parse "1e400" to a valid timestamp'],
    [{ start: 'yesterday', end: '1', step: '1' }, 'cannot parse "yesterday" to a valid timestamp'],
    [{ start: '2', end: '1', step: '1' }, 'end timestamp must not be before start time'],
  ])('refused: a range of %j', async (range, error) => {
    expect(await ask('query_range', { query: 'm', ...range })).toEqual(bad(error));
  });

  it('refused while it is evaluated: 7,200 million points of sub-queries', async () => {
    expect(await ask('query', { query: 'sum_over_time(m[4h:1ms])', time: TIME })).toEqual({
      status: 422,
      errorType: 'execution',
      error: 'query processing would load too many samples into memory in query execution',
    });
  });
});

function series(labels: readonly (readonly [string, string])[], repeat = 1): Uint8Array {
  const writer = new WireWriter();
  const one = writer.open(1);
  for (const [name, value] of labels) {
    const label = writer.open(1);
    writer.textField(1, name);
    writer.textField(2, value);
    writer.close(label);
  }
  const label = new WireWriter();
  label.textField(1, 'a');
  label.textField(2, 'b');
  const bytes = label.finish();
  for (let count = 1; count < repeat; count++) writer.bytesField(1, bytes);
  const sample = writer.open(2);
  writer.tag(1, 1);
  writer.double(1);
  writer.tag(2, 0);
  writer.varint64(Math.floor(NOW_MS / 2 ** 32), NOW_MS >>> 0);
  writer.close(sample);
  writer.close(one);
  return writer.finish();
}

async function write(body: Uint8Array): Promise<readonly [status: number, text: string]> {
  const { status, text } = await watched(() =>
    fetch(`http://${winnow.addresses['http']}/api/v1/write`, {
      method: 'POST',
      body: Buffer.from(body),
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    }),
  );
  return [status, text];
}

describe('hostile remote writes', () => {
  it.each([
    [
      'a length of 4 GB',
      Buffer.concat([Buffer.from('ffffffff0f', 'hex'), Buffer.alloc(100)]),
      413,
      'once decompressed',
    ],
    [
      'a length of 1 GB',
      Buffer.concat([Buffer.from('8080808004', 'hex'), Buffer.alloc(1000, 0xfe)]),
      413,
      'decompressed',
    ],
    ['60 MB of zeros', compressSync(Buffer.alloc(60 * 1024 * 1024)), 400, 'not a valid remote write request'],
    ['what is no snappy', Buffer.from('hello'), 400, 'cannot be decompressed'],
    ['10 million labels', compressSync(series([['__name__', 'many']], 8_000_000)), 413, 'send smaller batches'],
    [
      'a label twice',
      compressSync(
        series([
          ['__name__', 'twice'],
          ['a', '1'],
          ['a', '2'],
        ]),
      ),
      400,
      'duplicate label with name "a"',
    ],
    ['no name', compressSync(series([['a', 'b']])), 400, 'no metric name'],
  ])('refused: %s', async (_, body, status, text) => {
    expect(await write(body)).toEqual([status, expect.stringContaining(text)]);
  });

  it('taken: labels in any order, and a value of a megabyte', async () => {
    const large = 'x'.repeat(1024 * 1024);
    const unsorted = [
      ['z', '1'],
      ['__name__', 'unsorted'],
      ['b', '2'],
    ] as const;
    expect(await write(compressSync(series(unsorted)))).toEqual([204, '']);
    const labels = [
      ['__name__', 'large'],
      ['v', large],
    ] as const;
    expect(await write(compressSync(series(labels)))).toEqual([204, '']);
    await winnow.settled();
    expect(await winnow.promql(`sum(unsorted{b="2",z="1"} @ ${TIME}) + sum(large @ ${TIME})`)).toHaveLength(1);
    const [found] = await winnow.promql(`large @ ${TIME}`);
    expect(found?.metric['v']).toBe(large);
    expect(await winnow.promql(`{__name__=~"twice|many"} @ ${TIME}`)).toEqual([]);
  });
});
