// `winnow why` and GET /api/why against a running Winnow: every state that a trace can be in there.
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runWinnow } from '#deploy/cli/run-winnow.ts';
import { WhyResponse } from '#proto/api/decisions.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';
import { writtenRequest } from '#tests/support/written-trace.ts';

const id = (last: string): string => last.padStart(32, '0');
const KEPT = id('aaaaaaaaaaaaaa');
const DROPPED = id('00000000000001');
const NOTHING = id('00000000000002');
const PENDING = id('00000000000003');
const REFUSED = id('00000000000004');
let winnow: RunningWinnow;

beforeAll(async () => {
  winnow = await RunningWinnow.start(`sampling:
  wait: { quiet: 200ms, after_root: 60s, max: 60s }
  rules:
    - { name: health, when: { root: { name: health } }, keep: 0% }
    - { name: rest, keep: 50% }
`);
  await send(writtenRequest([{ status: 2 }, { parent: '1' }], KEPT));
  await send(writtenRequest([{}], DROPPED));
  await send(writtenRequest([{ name: 'health' }], NOTHING));
  // A parent is missing: it waits for a minute.
  await send(writtenRequest([{ parent: '99' }], PENDING));
  await send(withoutSpanId(REFUSED));
  await send(Buffer.from('no protobuf at all'), 400);
  // One of five spans is rejected, one waits, two are dropped; the kept trace has two.
  await winnow.until(async () => ((await winnow.ledger()).spans.stored === 2 ? true : undefined));
  await winnow.until(async () => ((await api(NOTHING)).decisions.length === 1 ? true : undefined));
}, 90_000);
afterAll(() => winnow.stop());

async function send(body: Buffer, status = 200): Promise<void> {
  const answer = await fetch(`http://${winnow.addresses['otlp_http']}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body,
  });
  if (answer.status !== status) throw new Error(`answered ${answer.status}, not ${status}`);
}

function withoutSpanId(traceId: string): Buffer {
  const type = otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
  return Buffer.from(
    type
      .encode(
        type.fromObject({
          resourceSpans: [
            {
              scopeSpans: [{ spans: [{ traceId: Buffer.from(traceId, 'hex'), spanId: Buffer.alloc(3), name: 'bad' }] }],
            },
          ],
        }),
      )
      .finish(),
  );
}

async function api(traceId: string): Promise<WhyResponse> {
  return WhyResponse.parse(await winnow.api(`/api/why/${traceId}`));
}

async function why(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const parts = { out: '', err: '' };
  const into = (name: 'out' | 'err'): Writable =>
    new Writable({ write: (chunk: Buffer, _encoding, done) => ((parts[name] += chunk.toString()), done()) });
  const code = await runWinnow(['why', ...words], {
    stdout: into('out'),
    stderr: into('err') as NodeJS.WriteStream,
    env: { WINNOW_LISTEN_HTTP: winnow.addresses['http'] },
    signal: new AbortController().signal,
  });
  return { code, ...parts };
}

it('tells each state: kept, dropped by chance, dropped by a rule that keeps nothing, pending, refused, never seen', async () => {
  const [kept, dropped, nothing, pending, refused, never] = await Promise.all(
    [KEPT, DROPPED, NOTHING, PENDING, REFUSED, id('f00')].map(api),
  );
  expect(kept).toMatchObject({
    state: 'kept',
    stored: { spans: 2, late_spans: 0 },
    collector: { pending: false, remembered: { decision: 'kept', rule: 'rest', threshold: '80000000000000' } },
  });
  expect(kept!.answer).toMatch(
    /Kept by rule “rest”.*R = aaaaaaaaaaaaaa is at least T = 80000000000000, and it stands for 2 traces/,
  );
  expect(dropped).toMatchObject({
    state: 'dropped',
    stored: null,
    collector: { remembered: { decision: 'dropped', rule: 'rest', threshold: null } },
    decisions: [{ trigger: 'complete' }],
  });
  expect(nothing!.answer).toContain('Rule “health” keeps nothing');
  expect(pending).toMatchObject({ state: 'pending', collector: { pending: true, remembered: null }, decisions: [] });
  expect(refused).toMatchObject({ state: 'refused', collector: { rejected: ['bad_span_id'] } });
  expect(never).toMatchObject({ state: 'never seen', collector: { pending: false, remembered: null, rejected: [] } });
  expect(never!.answer).toContain('1 request was refused whole (1 malformed)');
});

it('counts the late spans that a kept trace got, and tells that a dropped one can be brought back', async () => {
  await send(writtenRequest([{ parent: '1' }], KEPT, 7));
  const kept = await winnow.until(async () => {
    const told = await api(KEPT);
    return told.stored?.late_spans === 1 ? told : undefined;
  });
  expect(kept).toMatchObject({ state: 'kept', stored: { spans: 3, late_spans: 1 } });
  expect(kept.answer).toContain('1 late span was added.');
  const dropped = await api(DROPPED);
  expect(dropped.collector?.rescuable).toBe(true);
  expect(dropped.answer).toContain('The rescue ring still holds it: it can be brought back.');
}, 60_000);

it('prints sentences and the decisions, or the answer of the API; short ids are filled up', async () => {
  const told = await why('00aaaaaaaaaaaaaa');
  expect([told.code, told.err]).toEqual([0, '']);
  expect(told.out).toMatch(/^0{18}a{14} {2}kept\nKept by rule/);
  expect(told.out).toMatch(/kept +rest +complete +aaaaaaaaaaaaaa +≥ +80000000000000 +2 +1 +2$/m);
  expect(WhyResponse.parse(JSON.parse((await why(DROPPED, '--json')).out)).state).toBe('dropped');
});

it('wrong usage ends with 2, an absent server with 1', async () => {
  expect((await why()).code).toBe(2);
  expect((await why('no-id')).code).toBe(2);
  expect(await why(KEPT, '--server', '127.0.0.1:9')).toMatchObject({
    code: 1,
    err: expect.stringContaining('--server') as string,
  });
});
