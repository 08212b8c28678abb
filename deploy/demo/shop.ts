// A shop of sixteen services that never existed: endless OTLP requests, the same for the same seed and the same times.

import { breakContext, HOSTLESS_SERVICE } from './break-context.ts';
import { compileStory, type CompiledStory } from './compile-story.ts';
import { RandomSource } from './random-source.ts';
import { recordBuffers, requestOf } from './record-buffer.ts';
import { consumerGroups, scenarios, type BreakCause } from './scenarios.ts';
import { METRICS_EVERY_NS, ShopMetrics } from './shop-metrics.ts';
import { serviceIndex, shopHosts, shopServices } from './shop-services.ts';
import { MESSAGES_REMEMBERED, TraceWriter } from './trace-writer.ts';

/** How a shop runs. */
export interface ShopOptions {
  seed: number;
  /** Spans drawn per pair of batches; a trace is never torn, so a few more may come. */
  spansPerBatch?: number;
  broken?: BreakCause;
}

/**
 * What one host sends: one ExportTraceServiceRequest, now and then logs and metrics. `spans` are those in `traces`;
 * `startedTraces` counts traces whose spans begin in this batch (the other host's part comes with the next one).
 */
export interface ShopBatch {
  traces: Uint8Array;
  spans: number;
  startedTraces: number;
  logs?: Uint8Array;
  metrics?: Uint8Array;
}

/** An endless source of traffic. */
export interface Shop {
  /**
   * The next batch. Two batches belong together: host node-a's spans, then node-b's of the same traces.
   * @param nowNs Unix ns; all times lie before it (node-b's clock excepted, which runs ahead)
   */
  next(nowNs: bigint): ShopBatch;
}

const SPANS_PER_BATCH = 1000;
/** Traces start this long before `now`, so that the slowest has ended by then, spread over a quarter second. */
const STARTED_BEFORE_NS = 3_250_000_000n;
const SPREAD_NS = 250_000_000;
/** Consumers run after every producer of earlier batches has ended. */
const CONSUMERS_AFTER_NS = 2_200_000_000;
/** A stalled queue is read only every so many batches. */
const STALLED_EVERY = 40;
/** node-b's clock under `--break clock`. */
const BROKEN_SKEW_NS = 250_000_000;
/** Whose spans get lost under `--break lost-spans`. */
const LOST_SERVICE = 'recommendation';

/** Opens a shop. */
export function createShop(options: ShopOptions): Shop {
  const random = new RandomSource(options.seed);
  const hostless = options.broken === 'no-host' ? HOSTLESS_SERVICE : undefined;
  const spanBuffers = recordBuffers(hostless);
  const logBuffers = recordBuffers(hostless);
  const writer = new TraceWriter(random, spanBuffers, logBuffers);
  const metrics = new ShopMetrics(new RandomSource(options.seed + 1));
  const stories = scenarios.map(({ story }) => {
    const broken = breakContext(story, options.broken);
    return { whole: compileStory(broken.story), torn: broken.torn.map(compileStory) };
  });
  const upTo = cumulativeWeights(options.broken);
  const groups = consumerGroups.map(({ service, bySize }) => ({
    service,
    bySize: bySize.map((story) => compileStory(breakContext(story, options.broken).story)),
    read: 0,
  }));
  const lost = options.broken === 'lost-spans' ? serviceIndex(LOST_SERVICE) : -1;
  const spansPerBatch = options.spansPerBatch ?? SPANS_PER_BATCH;
  writer.skewNs.set([shopHosts[0].skewNs, options.broken === 'clock' ? BROKEN_SKEW_NS : shopHosts[1].skewNs]);
  const buffersOf = (host: 0 | 1) => spanBuffers.filter((_, service) => shopServices[service]?.host === host);
  const hosts = [buffersOf(0), buffersOf(1)] as const;
  let secondHalf = false;
  let rounds = 0;
  let metricsDueNs = 0n;

  function pick(): number {
    const draw = random.next() % upTo[upTo.length - 1]!;
    let choice = 0;
    while (draw >= upTo[choice]!) choice++;
    return choice;
  }

  // Only messages of earlier rounds: their producers have ended.
  function consume(published: number): { spans: number; traces: number } {
    const written = { spans: 0, traces: 0 };
    for (const group of groups) {
      group.read = Math.max(group.read, published - MESSAGES_REMEMBERED / 2);
      if (options.broken !== 'queue' || rounds % STALLED_EVERY === 0) {
        for (
          let story = largest(group.bySize, published - group.read);
          story !== undefined;
          story = largest(group.bySize, published - group.read)
        ) {
          writer.write(story, CONSUMERS_AFTER_NS, group.read, lost);
          group.read += story.links;
          written.spans += story.spans.length;
          if (!story.joinsMessage) written.traces++;
        }
      }
      metrics.waiting.set(group.service, published - group.read);
    }
    return written;
  }

  function draw(nowNs: bigint): number {
    writer.setBase(nowNs - STARTED_BEFORE_NS);
    rounds++;
    const consumed = consume(writer.published);
    let spans = consumed.spans;
    let traces = consumed.traces;
    while (spans < spansPerBatch) {
      const { whole, torn } = stories[pick()]!;
      const startNs = Math.floor(random.fraction() * SPREAD_NS);
      metrics.request(writer.write(whole, startNs, 0, lost));
      spans += whole.spans.length;
      traces++;
      for (const part of torn) {
        writer.write(part, startNs, 0, lost);
        spans += part.spans.length;
        traces++;
      }
    }
    metrics.orders = writer.published;
    return traces;
  }

  function flush(host: 0 | 1, startedTraces: number): ShopBatch {
    let spans = 0;
    for (const buffer of hosts[host]) spans += buffer.count;
    return { traces: requestOf(hosts[host]), spans, startedTraces };
  }

  return {
    next(nowNs) {
      if (secondHalf) {
        secondHalf = false;
        return flush(1, 0);
      }
      secondHalf = true;
      const batch = flush(0, draw(nowNs));
      const logs = requestOf(logBuffers);
      if (logs.length > 0) batch.logs = logs;
      if (nowNs >= metricsDueNs) {
        batch.metrics = metrics.encode(nowNs);
        metricsDueNs = nowNs + METRICS_EVERY_NS;
      }
      return batch;
    },
  };
}

function cumulativeWeights(broken: BreakCause | undefined): Uint32Array {
  let total = 0;
  return Uint32Array.from(
    scenarios,
    ({ weight, broken: share }) => (total += (broken === undefined ? undefined : share?.[broken]) ?? weight),
  );
}

function largest(bySize: CompiledStory[], waiting: number): CompiledStory | undefined {
  return bySize.findLast((story) => story.links <= waiting);
}
