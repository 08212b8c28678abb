// What the stages are given of the configuration.
import type { Config } from '#proto/config/schema.ts';
import type { ShardOptions } from '#collector/assemble/shard-options.ts';
import type { DeciderWaits } from '#collector/decide/decider.ts';
import type { GlobalFactsOptions } from '#collector/derive/global/global-facts.ts';
import { redRows, type RedOptions } from '#collector/derive/red/red-table.ts';
import type { OverloadSettings } from '#collector/overload/overload-control.ts';
import type { RescuerOptions } from '#collector/rescue/rescuer.ts';
import { zstdCodec } from '#collector/rescue/segment-codec.ts';
import type { SegmentDisk } from '#collector/rescue/segment-disk.ts';

/** Series of service graphs, as a part of those of RED. */
const EDGE_SERIES_SHARE = 0.25;
/** Most senders remembered so that their consumers, often in another trace, find them: 56 B each, as much again for calls without an answer and spans without their caller. */
const MAX_SENDERS = 262_144;
/** Most traces in the buffer at a time, with a smaller `buffer.max_spans` no more than that: beyond it the oldest are decided early. */
const MAX_TRACES = 1_000_000;
/** Share of the buffer that one trace may take. */
const TRACE_BYTES_SHARE = 0.25;

/** @param segmentDisk opens the disk of the ring, when one is configured */
export function rescueOptions(
  { sampling: { rescue } }: Config,
  seed: number,
  segmentDisk: (() => SegmentDisk) | undefined,
): RescuerOptions {
  if (rescue.max_bytes === 0) return { ring: undefined, triggers: rescue.triggers, seed };
  const disk = rescue.disk_bytes === 0 ? undefined : segmentDisk?.();
  return {
    ring: {
      maxBytes: rescue.max_bytes,
      diskBytes: disk === undefined ? 0 : rescue.disk_bytes,
      leastHorizonMs: rescue.least_horizon,
      codec: zstdCodec,
      disk,
      seed,
    },
    triggers: rescue.triggers,
    seed,
  };
}

export function overloadSettings({ sampling: { overload } }: Config): OverloadSettings {
  return {
    enabled: overload.enabled,
    raiseAbove: overload.raise_above,
    lowerBelow: overload.lower_below,
    lagMs: overload.event_loop_lag,
    stepMs: overload.step_every,
    leastProbability: overload.least_probability,
  };
}

/** @param started the configuration at the start, which sizes the memory @param own of a decider that has waits of its own */
export function shardOptions(
  { sampling: { wait } }: Config,
  started: Config,
  seed: number,
  own: DeciderWaits | undefined,
): ShardOptions {
  const bytesPerTrace = started.buffer.max_bytes * TRACE_BYTES_SHARE;
  return {
    quietMs: own === undefined ? wait.quiet : Infinity,
    afterRootMs: own?.afterRootMs ?? wait.after_root,
    maxMs: own?.maxMs ?? wait.max,
    lateMs: wait.quiet,
    maxTraces: own === undefined || own.maxTraces === Infinity ? undefined : own.maxTraces,
    maxBytes: started.buffer.max_bytes,
    spansPerTrace: started.buffer.max_spans_per_trace,
    bytesPerTrace: Math.min(bytesPerTrace, own?.bytesPerTrace ?? Infinity),
    traceCapacity: Math.min(MAX_TRACES, started.buffer.max_spans),
    seed,
  };
}

/** For one shard, and for all of them together. */
export function redOptions({ red }: Config): RedOptions & { readonly expireMs: number } {
  return {
    capacity: redRows(red.max_series, red.bounds.length),
    boundsMs: red.bounds,
    expireMs: red.expire_after === 0 ? Infinity : red.expire_after,
  };
}

/** For what joins the traces of all shards. */
export function globalOptions(config: Config): GlobalFactsOptions & { readonly red: ReturnType<typeof redOptions> } {
  const { bounds, max_series: maxSeries } = config.red;
  return {
    red: redOptions(config),
    senders: Math.min(MAX_SENDERS, config.buffer.max_spans),
    edgeSeriesRows: redRows(maxSeries * EDGE_SERIES_SHARE, bounds.length + 1), // an edge has a series more: failed calls
  };
}
