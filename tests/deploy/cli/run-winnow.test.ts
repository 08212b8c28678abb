// The command line as people and scripts meet it: help, wrong words, exit codes, and the last line of a replay.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { runWinnow } from '#deploy/cli/run-winnow.ts';
import { startOtlpReceiver } from '#tests/support/otlp-receiver.ts';

async function winnow(
  words: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; out: string; error: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runWinnow(words, {
    stdout,
    stderr: stderr as unknown as NodeJS.WriteStream,
    env,
    signal: new AbortController().signal,
  });
  return { code, out: String(stdout.read() ?? ''), error: String(stderr.read() ?? '') };
}

const oneSpan =
  '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0123456789abcdef0123456789abcdef","spanId":"00000000000000aa","name":"a","endTimeUnixNano":"5"}]}]}]}\n';

async function withCapture<T>(use: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-cli-'));
  try {
    const path = join(folder, 'capture.jsonl');
    writeFileSync(path, oneSpan);
    return await use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('help', () => {
  test('lists every command and exits 0', async () => {
    const { code, out } = await winnow(['--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}replay +Sends captures/mu);
    expect(out).toMatch(/^ {2}demo +Live traffic/mu);
  });

  test.each(['replay', 'demo'])('of %s describes each option', async (name) => {
    const { code, out } = await winnow([name, '--help']);
    expect(code).toBe(0);
    expect(out).toContain('--endpoint HOST:PORT');
    expect(out).toContain('(default: ');
  });

  test('goes to stderr with exit code 2 when no command was given', async () => {
    const { code, out, error } = await winnow([]);
    expect([code, out]).toEqual([2, '']);
    expect(error).toContain('Commands:');
  });
});

describe('wrong usage is exit code 2 and names the way out', () => {
  test.each([
    [['reply', 'x'], 'no command "reply". Did you mean "replay"?'],
    [['replay', '--sped', 'max', 'x'], 'knows no option --sped. Did you mean --speed?'],
    [['replay', '--no-speed', 'x'], 'knows no option --no-speed.'],
    [['replay'], 'no capture given'],
    [['replay', '/no/such/file'], 'no such file: /no/such/file'],
    [
      ['replay', '--concurrency', '0', import.meta.filename],
      '--concurrency is "0", but must be a whole number of at least 1',
    ],
    [['replay', '--concurrency'], '--concurrency needs a value'],
    [['replay', '--keep-times=yes', 'x'], '--keep-times is a switch'],
    [
      ['replay', '--protocol', 'http', import.meta.filename],
      '--protocol is "http", but must be one of grpc, http/protobuf, http/json',
    ],
    [['replay', '--speed', 'fast', import.meta.filename], '--speed is "fast"'],
    [['replay', '--endpoint', 'here', import.meta.filename], 'endpoint "here" is not HOST:PORT'],
    [['demo', 'now'], 'takes options only, but got "now"'],
    [['demo', '--break', 'databse', '--no-server'], '--break is "databse", but must be one of database'],
    [['demo', '--duration', 'long', '--no-server'], '--duration is "long"'],
  ])('%j', async (words, message) => {
    const { code, error } = await winnow(words);
    expect(code).toBe(2);
    expect(error).toContain(message);
  });
});

describe('replay', () => {
  test('prints the sums as its last line and exits 0 when everything was acknowledged', async () => {
    const receiver = await startOtlpReceiver();
    const { code, out } = await withCapture((path) =>
      winnow(['replay', path], { WINNOW_LISTEN_OTLP_GRPC: receiver.grpcEndpoint }),
    );
    await receiver.close();
    expect(code).toBe(0);
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toEqual({
      spans: 1,
      traces: 1,
      requests: 1,
      refused: 0,
      seconds: expect.any(Number) as number,
    });
  });

  test('exits 1 and says why when something was refused', async () => {
    const receiver = await startOtlpReceiver(() => ({ grpc: { code: status.INVALID_ARGUMENT, message: 'not today' } }));
    const { code, out, error } = await withCapture((path) =>
      winnow(['replay', '--endpoint', receiver.grpcEndpoint, path]),
    );
    await receiver.close();
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ spans: 1, refused: 1 });
    expect(error).toContain('refused: INVALID_ARGUMENT: not today');
  });

  test('exits 1 with file and place when a capture cannot be read', async () => {
    const { code, error } = await winnow(['replay', import.meta.filename]);
    expect(code).toBe(1);
    expect(error).toContain(import.meta.filename);
  });
});

test('demo --no-server sends for its duration and prints the sums', async () => {
  const receiver = await startOtlpReceiver();
  const { code, out } = await winnow([
    'demo',
    '--no-server',
    '--rate',
    '500',
    '--duration',
    '200ms',
    '--endpoint',
    receiver.httpEndpoint,
    '--protocol',
    'http/protobuf',
  ]);
  const sent = JSON.parse(out) as { spans: number };
  await receiver.close();
  expect(code).toBe(0);
  expect(sent).toMatchObject({ refused: 0 });
  expect(sent.spans).toBeGreaterThan(0);
});
