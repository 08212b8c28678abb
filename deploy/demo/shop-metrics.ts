// The shop's own metrics: gauges, sums and a histogram, cumulative since the start, as OTLP requests every ten seconds.

import { encodeRequest } from '../replay/encode-request.ts';
import type { RandomSource } from './random-source.ts';
import { resourceAttributes, shopServices } from './shop-services.ts';
import type { AttributeValue } from './byte-builder.ts';

/** How often metrics are exported, in the shop's own time. */
export const METRICS_EVERY_NS = 10_000_000_000n;

/** Bounds of http.server.request.duration in seconds, as the semantic conventions advise. */
const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const CUMULATIVE = 2;
const MIB = 2 ** 20;

/** Running totals. */
export class ShopMetrics {
  /** Orders sent into the queue, and batches read from it by consumer group. */
  orders = 0;
  readonly waiting = new Map<string, number>();
  readonly #counts = BOUNDS_S.map(() => 0).concat(0);
  #requests = 0;
  #sumS = 0;
  #startNs: bigint | undefined;
  readonly #random: RandomSource;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** Counts one request of the edge proxy. */
  // HOT
  request(durationNs: number): void {
    const seconds = durationNs / 1e9;
    let bucket = 0;
    while (bucket < BOUNDS_S.length && seconds > BOUNDS_S[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#requests++;
    this.#sumS += seconds;
  }

  /** One export request with the state at `nowNs`. */
  encode(nowNs: bigint): Uint8Array {
    this.#startNs ??= nowNs;
    const time = { startTimeUnixNano: this.#startNs.toString(), timeUnixNano: nowNs.toString() };
    const now = { timeUnixNano: time.timeUnixNano };
    const resourceMetrics = shopServices.map((service) => {
      const memory = Math.round((90 + 60 * this.#random.fraction()) * MIB);
      const cpu = 0.02 + 0.3 * this.#random.fraction();
      const metrics: object[] = [
        { name: 'process.memory.usage', unit: 'By', gauge: { dataPoints: [{ ...now, asInt: memory }] } },
        { name: 'process.cpu.utilization', unit: '1', gauge: { dataPoints: [{ ...now, asDouble: cpu }] } },
      ];
      if (service.name === 'edge-proxy') metrics.push(this.#requestDuration(time));
      if (service.name === 'checkout') metrics.push(sum('shop.orders', '{order}', [{ ...time, asInt: this.orders }]));
      if (service.name === 'fulfilment') metrics.push(this.#queueDepth(now));
      return {
        resource: { attributes: jsonAttributes(resourceAttributes(service)) },
        scopeMetrics: [{ scope: { name: 'shop' }, metrics }],
      };
    });
    return encodeRequest('metrics', { resourceMetrics });
  }

  #requestDuration(time: object): object {
    const point = {
      ...time,
      count: this.#requests,
      sum: this.#sumS,
      bucketCounts: this.#counts,
      explicitBounds: BOUNDS_S,
    };
    return {
      name: 'http.server.request.duration',
      unit: 's',
      histogram: { aggregationTemporality: CUMULATIVE, dataPoints: [point] },
    };
  }

  #queueDepth(now: object): object {
    const dataPoints = [...this.waiting].map(([group, asInt]) => ({
      ...now,
      asInt,
      attributes: jsonAttributes({ 'messaging.consumer.group.name': group }),
    }));
    return { name: 'shop.queue.depth', unit: '{message}', gauge: { dataPoints } };
  }
}

function sum(name: string, unit: string, dataPoints: object[]): object {
  return { name, unit, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } };
}

function jsonAttributes(attributes: Record<string, AttributeValue>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: { stringValue: typeof value === 'object' ? value.prefix : String(value) },
  }));
}
