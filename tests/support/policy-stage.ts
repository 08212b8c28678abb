// A trace stage that decides by a configuration's text, on a virtual clock; notes every decision in the order in which it was made.
import { compileSampling } from '#collector/decide/rules/compile-sampling.ts';
import { thresholdText } from '#proto/model/threshold.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { zstdCodec } from '#collector/rescue/segment-codec.ts';
import { Ledger } from '#collector/self/ledger.ts';
import { TraceStage } from '#collector/shard/trace-stage.ts';
import { shardOptions } from '#collector/shard/stage-settings.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { loadConfig, type LoadedConfig } from '#proto/config/load.ts';
import { traceRequest, type PlainSpan } from './trace-builder.ts';

const TICK_MS = 100;
const TICK_BUDGET = 20_000;
/** Neither at the beginning nor at the end of a second. */
const SOME_START_MS = 1_000_100;

export interface NotedDecision {
  readonly id: string;
  readonly atMs: number;
  readonly kept: boolean;
  readonly rule: string;
  readonly trigger: string;
  readonly spans: number;
  readonly weight: number;
  /** As it is written; undefined where nobody knows it. */
  readonly th: string | undefined;
}

/** T as the `th` sub-key of tracestate `ot`: trailing zeros go, `0` stays (W3C tracestate handling of OpenTelemetry). */
function thText(hi: number, lo: number): string | undefined {
  const text = thresholdText(hi, lo)?.replace(/0+$/, '');
  return text === '' ? '0' : text;
}

function loaded(text: string, ...argv: string[]): LoadedConfig {
  const result = loadConfig({ argv: ['--config', 'some.yaml', ...argv], env: {}, readFile: () => text });
  if (!result.ok) throw new Error(result.error.map(formatConfigError).join('\n'));
  return result.value;
}

export class PolicyStage {
  readonly decisions: NotedDecision[] = [];
  readonly failures: unknown[] = [];
  readonly stage: TraceStage;
  nowMs = SOME_START_MS;

  /** @param text of a configuration file @param argv flags @throws Error with every mistake in words */
  constructor(text: string, argv: readonly string[] = [], spanCapacity = 10_000) {
    const { config, decider } = compiled(text, argv);
    this.stage = new TraceStage({
      shard: shardOptions(config, config, 7, decider.waits),
      memory: createSpanMemory(spanCapacity, 3),
      decisionMemoryBytes: 2 ** 22,
      red: { capacity: 1000, boundsMs: [1] },
      decider,
      clocks: new HostPairClock(),
      rescue: {
        ring: { maxBytes: 2 ** 22, diskBytes: 0, leastHorizonMs: 10_000, codec: zstdCodec, disk: undefined, seed: 5 },
        triggers: ['late-error', 'error-log', 'link'],
        seed: 5,
      },
      sink: {
        keep: () => undefined,
        linked: () => undefined,
        decided: (view, decision, rule) => {
          const { keep: kept, weight, writesTh } = decision;
          this.decisions.push({
            id: [view.id0, view.id1, view.id2, view.id3]
              .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
              .join(''),
            atMs: this.nowMs,
            kept,
            rule,
            trigger: view.trigger,
            spans: view.count,
            weight,
            th: writesTh === false ? undefined : thText(decision.thresholdHi, decision.thresholdLo),
          });
        },
      },
      ledger: new Ledger().traces,
      onFailure: (error) => this.failures.push(error),
    });
  }

  /** As a reload does. */
  reload(text: string, ...argv: string[]): void {
    const { config, decider } = compiled(text, argv);
    this.stage.reconfigure(shardOptions(config, config, 7, decider.waits), decider, this.nowMs);
  }

  send(id: string, ...spans: PlainSpan[]): void {
    this.sendBody(traceRequest(id, spans));
  }

  sendBody(body: Buffer): void {
    const answer = this.stage.accept({ body, transport: 'grpc', encoding: 'protobuf' }, this.nowMs);
    if (answer.kind !== 'accepted') throw new Error(answer.message);
  }

  pass(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end;) {
      this.nowMs += TICK_MS;
      this.stage.rescue.tick(this.nowMs);
      while (this.stage.shard.tick(this.nowMs, TICK_BUDGET));
    }
  }

  /** Until nothing waits any more. */
  settle(): void {
    do this.pass(TICK_MS);
    while (this.stage.shard.traces > 0);
  }
}

function compiled(text: string, argv: readonly string[]) {
  const { config, blockPath } = loaded(text, ...argv);
  const decider = compileSampling(config.sampling, blockPath);
  if (!decider.ok) throw new Error(decider.error.map(formatConfigError).join('\n'));
  return { config, decider: decider.value };
}
