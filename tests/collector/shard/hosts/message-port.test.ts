// Everything that goes into a shard and comes out of it is plain data: a collector whose shard is behind a message port stores the same bytes as one
// whose shard is in its thread, over crashes, reloads and rescues.
import { expect, test } from 'vitest';
import { loadConfig } from '#proto/config/load.ts';
import { traceIdOf } from '#proto/model/ids.ts';
import type { ClockPart } from '#collector/reconstruct/clock/clock-part.ts';
import { inThreadShard } from '#collector/shard/hosts/in-thread.ts';
import type { MakeShardHost } from '#collector/shard/hosts/shard-link.ts';
import type { ShardInput, ShardOutput } from '#collector/shard/messages.ts';
import { CollectorLives } from '#tests/support/collector-lives.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';
import { MessagePortShard } from './message-port-shard.ts';

const Logs = otlpType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest');
const YAML = `
sampling:
  linked: producer
  budget: { spans_per_second: 40, window: 1s }
  rules:
    - { name: errors, when: { any: { status: error } }, keep: 100% }
    - { name: nothing, when: { root: { service: dropped } }, keep: 1% }
    - { name: rest, keep: { adaptive: { goal: 50%, per: [service] } } }
`;
const AFTER_RELOAD = 'sampling: { rules: [{ name: half, keep: 50% }] }';
const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const ERROR = 2;

/** Ids of traces by number: R is spread over all of its range. */
const idOf = (n: number): string =>
  (n + 1).toString(16).padStart(16, '0') +
  Math.imul(n + 1, 0x9e3779b1)
    .toString(16)
    .replace('-', '')
    .padStart(16, '0');

/** Every kind there is; the compiler knows when one is missing. A shard that is alone hears nothing of others: the last two tests send that. */
const INPUTS: Readonly<Record<Exclude<ShardInput['kind'], 'clock-bounds' | 'randomness'>, true>> = {
  request: true,
  replay: true,
  'remember-decisions': true,
  'remember-spans': true,
  'replay-ended': true,
  tick: true,
  drain: true,
  reconfigure: true,
  'error-logs': true,
  thresholds: true,
  'rate-thresholds': true,
  linked: true,
  rescue: true,
  'look-up': true,
  count: true,
  flush: true,
  'carry-spans': true,
  stop: true,
};
/** A failure is an error in a rule's own code: none is known. */
const OUTPUTS: Readonly<Record<Exclude<ShardOutput['kind'], 'failure'>, true>> = {
  'span-counts': true,
  accepted: true,
  malformed: true,
  replayed: true,
  ticked: true,
  rows: true,
  decided: true,
  names: true,
  'edge-facts': true,
  links: true,
  randomness: true,
  window: true,
  rates: true,
  derived: true,
  counts: true,
  rescued: true,
  known: true,
  carried: true,
  state: true,
};

function traceOf(n: number): PlainSpan[] {
  const service = n % 5 === 0 ? 'dropped' : 'front';
  return [
    { id: '1', service, host: 'h1', name: `page ${n % 7}`, kind: SERVER, start: 0, end: 90 },
    { id: '2', parent: '1', service, host: 'h1', kind: CLIENT, start: 5, end: 80 },
    {
      id: '3',
      parent: '2',
      service: 'back',
      host: 'h2',
      kind: SERVER,
      start: 20,
      end: 70,
      status: n % 11 === 0 ? ERROR : 0,
    },
    {
      id: '4',
      parent: '3',
      service: 'back',
      host: 'h2',
      kind: CLIENT,
      start: 30,
      end: 40,
      attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'shop' },
    },
    {
      id: '5',
      parent: '3',
      service: 'back',
      host: 'h2',
      kind: PRODUCER,
      start: 41,
      end: 42,
      attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
    },
    ...(n > 0
      ? [{ id: '6', service: 'worker', kind: CONSUMER, start: 60, end: 75, links: [{ trace: idOf(n - 1), span: '5' }] }]
      : []),
  ];
}

/** What is stored, what became of every span, and what the shard answers. */
async function runOn(host: MakeShardHost): Promise<unknown> {
  const lives = new CollectorLives({ yaml: YAML, shardHost: host, segmentBytes: 3000 });
  await lives.start();
  const answers: unknown[] = [];
  let n = 0;
  const send = (traces: number): void => {
    for (const until = n + traces; n < until; n++)
      lives.send('traces', traceRequest(idOf(n), traceOf(n), BigInt(lives.nowMs) * 1_000_000n));
  };
  send(30);
  await lives.pass(3500);
  // Late spans of a trace that was kept, of one that was dropped, and an error among them; a copy; a log.
  for (const late of [0, 1, 2, 5, 10])
    lives.send(
      'traces',
      traceRequest(
        idOf(late),
        [{ id: '9', parent: '3', service: 'back', start: 50, end: 60, status: ERROR }, ...traceOf(late).slice(0, 1)],
        BigInt(lives.nowMs - 3500) * 1_000_000n,
      ),
    );
  const logRecords = [3, 4, 6, 15].map((of) => ({
    severityNumber: 17,
    body: { stringValue: 'failed' },
    traceId: Buffer.from(idOf(of), 'hex'),
    timeUnixNano: '1700000000000000000',
  }));
  lives.send(
    'logs',
    Buffer.from(Logs.encode(Logs.fromObject({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })).finish()),
  );
  lives.send('traces', Buffer.from([0x0a, 0xff]));
  await lives.pass(2000);
  answers.push(await lives.pipeline.rescue({ service: 'dropped', limit: 3, why: 'requested' }));
  await lives.pass(2000);
  lives.pipeline.flushDerived(true);
  await lives.pass(2000);
  send(25);
  await lives.pass(1000);
  await lives.crash(0.5);
  lives.sendAgain();
  await lives.pass(250);
  send(20);
  const reloaded = loadConfig({
    argv: ['--config=x', '--clickhouse.url=http://nowhere'],
    env: {},
    readFile: () => AFTER_RELOAD,
  });
  if (!reloaded.ok) throw new Error(JSON.stringify(reloaded.error));
  lives.pipeline.reconfigure(reloaded.value.config);
  await lives.pass(3500);
  await lives.crash();
  send(10);
  await lives.settle();
  for (let of = 0; of < n; of += 9) answers.push(lives.pipeline.knownTrace(traceIdOf(idOf(of)), 0));
  send(5);
  while (lives.pipeline.drain());
  await lives.settle();
  const counts = lives.pipeline.shardCounts();
  lives.pipeline.shard.stop();
  return {
    answers,
    counts,
    ledger: lives.pipeline.ledger.counts(),
    imbalance: lives.pipeline.ledger.traces.imbalance,
    failures: lives.failures,
    blocks: [...lives.blocks].map(([token, { table, rows, bytes }]) => [token, table, rows, bytes.toString('base64')]),
  };
}

test('a shard behind a message port does the same as one in the thread, by every kind of message', async () => {
  const shards: MessagePortShard[] = [];
  const inThread = await runOn(inThreadShard);
  const behindPort = await runOn((start, around, receiver) => {
    const shard = new MessagePortShard(start, around, receiver);
    shards.push(shard);
    return shard;
  });
  expect(behindPort).toEqual(inThread);
  expect(inThread).toMatchObject({ imbalance: 0, failures: [], counts: { isBalanced: true } });
  const passed = (of: 'inputs' | 'outputs'): string[] =>
    [...new Set(shards.flatMap((shard) => [...shard[of]]))].toSorted();
  expect(passed('inputs')).toEqual(Object.keys(INPUTS).toSorted());
  expect(passed('outputs')).toEqual(Object.keys(OUTPUTS).toSorted());
}, 120_000);

test('bounds on clocks that another shard has learnt correct the traces of this one, on either host', () => {
  const loaded = loadConfig({
    argv: ['--config=x', '--clickhouse.url=http://nowhere'],
    env: {},
    readFile: () => 'sampling: { rules: [{ name: all, keep: 100% }] }',
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  const start = { config: loaded.value.config, seed: 5 };
  const call = (at: number, early: number): PlainSpan[] => [
    { id: '1', service: 'a', host: 'h1', kind: CLIENT, start: at, end: at + 50e6 },
    { id: '2', parent: '1', service: 'b', host: 'h2', kind: SERVER, start: at + 20e6 - early, end: at + 40e6 - early },
  ];
  const skews = [inThreadShard, (...of: Parameters<MakeShardHost>) => new MessagePortShard(...of)].map((make) => {
    const rowsOf = (
      bounds: ClockPart | undefined,
      spans: PlainSpan[],
    ): { skews: number[]; clocks: ClockPart | undefined } => {
      const skewsNs: number[] = [];
      let clocks: ClockPart | undefined;
      const host = make(
        start,
        { pause: () => Promise.resolve() },
        {
          receive(output) {
            // The third number of a context is its correction.
            if (output.kind === 'rows')
              for (let at = 2; at < output.rows.spans.contexts.length; at += 11)
                skewsNs.push(output.rows.spans.contexts[at]!);
            if (output.kind === 'derived') clocks = output.part.clocks;
          },
        },
      );
      if (bounds !== undefined) host.post({ kind: 'clock-bounds', part: bounds });
      host.post({
        kind: 'request',
        body: traceRequest(idOf(1), spans),
        transport: 'grpc',
        encoding: 'protobuf',
        nowMs: 1000,
        leastHi: 0,
      });
      host.post({ kind: 'drain', nowMs: 2000, budget: 1000 });
      host.post({ kind: 'flush', nowMs: 3000, isWhole: true });
      host.post({ kind: 'stop' });
      expect(() => host.post({ kind: 'stop' })).toThrow('stop');
      return { skews: skewsNs, clocks };
    };
    // The callee's clock is 60 ms behind.
    const other = rowsOf(undefined, call(0, 60e6));
    // A span that nobody called bounds no clock.
    const unbound = call(100e6, 60e6).map((span) => ({ ...span, kind: INTERNAL }));
    return [rowsOf(undefined, unbound).skews, rowsOf(other.clocks, unbound).skews];
  });
  expect(skews[1]).toEqual(skews[0]);
  const [alone, informed] = skews[0]!;
  expect(alone!.every((skew) => skew === 0)).toBe(true);
  expect(informed!.some((skew) => skew > 40e6)).toBe(true);
});

test('a trace is decided by the randomness that another shard has found for the trace it links to, on either host', () => {
  const loaded = loadConfig({
    argv: ['--config=x', '--clickhouse.url=http://nowhere'],
    env: {},
    readFile: () => 'sampling: { linked: producer, rules: [{ name: half, keep: 50% }] }',
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  const start = { config: loaded.value.config, seed: 5 };
  // By their own ids neither would be kept.
  const [producer, consumer] = ['0a'.repeat(16), '0b'.repeat(16)];
  for (const make of [inThreadShard, (...of: Parameters<MakeShardHost>) => new MessagePortShard(...of)]) {
    const spansKept = (traces: Float64Array | undefined): { kept: number; handedOn: number[] } => {
      let kept = 0;
      const handedOn: number[] = [];
      const host = make(
        start,
        { pause: () => Promise.resolve() },
        {
          receive(output) {
            if (output.kind === 'rows') kept += output.rows.spans.count;
            if (output.kind === 'randomness') handedOn.push(...output.traces);
          },
        },
      );
      if (traces !== undefined) host.post({ kind: 'randomness', traces });
      const spans: PlainSpan[] = [
        { id: '6', service: 'worker', kind: CONSUMER, start: 60, end: 75, links: [{ trace: producer, span: '5' }] },
      ];
      const body = traceRequest(consumer, spans);
      host.post({ kind: 'request', body, transport: 'grpc', encoding: 'protobuf', nowMs: 1000, leastHi: 0 });
      host.post({ kind: 'drain', nowMs: 2000, budget: 1000 });
      host.post({ kind: 'stop' });
      return { kept, handedOn };
    };
    const id = (word: number): number[] => [word, word, word, word];
    expect(spansKept(undefined)).toEqual({ kept: 0, handedOn: [...id(0x0b0b0b0b), 0x0a0a0a0, 0xa0a0a0a] });
    expect(spansKept(Float64Array.of(...id(0x0a0a0a0a), 0xfffffff, 7))).toEqual({
      kept: 1,
      handedOn: [...id(0x0b0b0b0b), 0xfffffff, 7],
    });
  }
});
