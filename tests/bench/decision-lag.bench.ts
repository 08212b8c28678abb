// How long after it was due a trace is decided, in real time, with the collector's own turns: at 500,000 live traces; then with more offered
// than can be done, where requests and decisions must both go on.
// Run: node --expose-gc tests/bench/decision-lag.bench.ts [--traces=500000] [--wait=20] [--seconds=6]
import { loadConfig } from '#proto/config/load.ts';
import { Pipeline } from '#collector/pipeline.ts';
import { runTicks } from '#collector/run/run-ticks.ts';
import { tuneGarbageCollection } from '#collector/self/garbage-collection.ts';
import { traceRequest } from '#tests/support/trace-requests.ts';
import { FreshIds } from './fresh-ids.ts';

tuneGarbageCollection();
const numberOf = (name: string, otherwise: number): number =>
  Number(process.argv.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
const LIVE = numberOf('traces', 500_000);
const SECONDS = numberOf('seconds', 6);
const WAIT_SECONDS = numberOf('wait', 20);
const SPANS_PER_TRACE = 2;
const TRACES_PER_REQUEST = 250;
const SEND_EVERY_MS = 5;
const RULES = `
sampling:
  rules:
    - { name: errors, when: { any: { status: error } }, keep: 100% }
    - { name: slow, when: { duration: '> 1s' }, keep: 100% }
    - { name: rest, keep: 10% }
`;

function pipelineOf(quietSeconds: number): Pipeline {
  const flags = [
    '--config=bench.yaml',
    '--store=none',
    `--sampling.wait.quiet=${quietSeconds}s`,
    `--sampling.wait.after_root=${quietSeconds}s`,
    '--buffer.max_bytes=2GiB',
    '--buffer.max_spans=4000000',
  ];
  const config = loadConfig({ argv: flags, env: {}, readFile: () => RULES });
  if (!config.ok) throw new Error('the configuration of the benchmark is refused');
  return new Pipeline({
    config: config.value.config,
    nowMs: () => performance.timeOrigin + performance.now(),
    elapsedMs: () => performance.now(),
    seed: 7,
    onFailure: (error) => {
      throw error;
    },
    onRows: () => {},
  });
}

/** Requests whose ids are renewed each time round, so that every trace is new. */
class Sender {
  readonly #load: FreshIds;
  readonly #pipeline: Pipeline;
  #next = 0;
  #round = 0;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
    this.#load = new FreshIds(
      Array.from({ length: 64 }, (_, request) =>
        traceRequest(
          Array.from({ length: TRACES_PER_REQUEST * SPANS_PER_TRACE }, (_span, i) => ({
            trace: request * TRACES_PER_REQUEST + Math.floor(i / SPANS_PER_TRACE) + 1,
            span: (i % SPANS_PER_TRACE) + 1,
            padding: 60,
            ...(i % SPANS_PER_TRACE > 0 && { parent: 1 }),
          })),
        ),
      ),
    );
  }

  send(): void {
    if (this.#next === this.#load.requests.length) {
      this.#next = 0;
      this.#load.renew(++this.#round);
    }
    const answer = this.#pipeline.accept({
      signal: 'traces',
      body: this.#load.requests[this.#next++]!,
      transport: 'grpc',
      encoding: 'protobuf',
      deadlineMs: Infinity,
    });
    if (!('kind' in answer) || answer.kind !== 'accepted') throw new Error('a request was not accepted');
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends for a while and tells what came of it. @param tracesPerSecond undefined: as much as can be */
async function measure(
  name: string,
  quietSeconds: number,
  warmSeconds: number,
  tracesPerSecond: number | undefined,
): Promise<void> {
  const pipeline = pipelineOf(quietSeconds);
  const sender = new Sender(pipeline);
  let mostLoopMs = 0;
  let lastMs = performance.now();
  const stop = runTicks(
    {
      tick: () => pipeline.tick(),
      onLag(lagMs) {
        pipeline.noteLag(lagMs);
        mostLoopMs = Math.max(mostLoopMs, lagMs);
      },
    },
    () => performance.now(),
  );
  let isSending = true;
  let sentUntilMs = performance.now();
  const sendDue = (): void => {
    if (!isSending) return;
    if (tracesPerSecond === undefined) {
      sender.send();
      setImmediate(sendDue);
      return;
    }
    const everyMs = (TRACES_PER_REQUEST / tracesPerSecond) * 1000;
    // What could not be sent in time is let go: a backlog of the sender is no load of the collector.
    sentUntilMs = Math.max(sentUntilMs, performance.now() - 100);
    for (; sentUntilMs < performance.now(); sentUntilMs += everyMs) sender.send();
    setTimeout(sendDue, SEND_EVERY_MS);
  };
  sendDue();
  await pause(warmSeconds * 1000);
  mostLoopMs = 0;
  lastMs = performance.now();
  const before = {
    ...pipeline.shard.state,
    requests: pipeline.work.requestsMs,
    decisions: pipeline.work.decisionsMs,
    cpu: process.cpuUsage(),
  };
  await pause(SECONDS * 1000);
  const seconds = (performance.now() - lastMs) / 1000;
  const received = pipeline.shard.state.received - before.received;
  const decided = received - (pipeline.shard.state.pending - before.pending);
  const cpu = process.cpuUsage(before.cpu);
  const { buffer, isBalanced } = pipeline.shardCounts();
  console.log(
    JSON.stringify({
      bench: name,
      liveTraces: buffer.traces,
      receivedPerSecond: Math.round(received / seconds),
      decidedPerSecond: Math.round(decided / seconds),
      lagMs: { p50: buffer.lagMs[0], p99: buffer.lagMs[1] },
      work: {
        requests: Number(((pipeline.work.requestsMs - before.requests) / seconds / 1000).toFixed(2)),
        decisions: Number(((pipeline.work.decisionsMs - before.decisions) / seconds / 1000).toFixed(2)),
      },
      cpu: Number(((cpu.user + cpu.system) / 1e6 / seconds).toFixed(2)),
      longestLoopLagMs: Math.round(mostLoopMs),
      probability: pipeline.overload.probability,
      bufferPressure: Number(buffer.pressure.toFixed(2)),
      balanced: isBalanced,
    }),
  );
  isSending = false;
  stop();
}

await measure(`decision lag, ${LIVE} live traces`, WAIT_SECONDS, WAIT_SECONDS + 2, LIVE / WAIT_SECONDS);
await measure('more offered than can be done', 1, 3, undefined);
