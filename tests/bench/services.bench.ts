// Time on the event loop for the list of 2,000 services with their curves, once their rows are there.
// Run: node tests/bench/services.bench.ts
import { services } from '#query/api/own/services/red.ts';
import type { ServiceReader } from '#query/store/services/contract.ts';

const RUNS = 20;
const POINTS = 30;
const RANGE = { startNs: 0n, endNs: 600_000_000_000n };

for (const count of [100, 500, 1000, 2000]) {
  const names = Array.from({ length: count }, (_, i) => `service ${i}`);
  const buckets = { boundsUs: [5000, 10_000, 25_000], counts: [400, 150, 50] };
  const calls = { total: 600, failed: 6, durationSumNs: 1.2e9, operations: 12, ...buckets };
  const sums = names.map((service) => ({ service, served: true, ...calls }));
  const trends = names.flatMap((service) =>
    Array.from({ length: POINTS }, (_, point) => ({ service, served: true, point, total: 20, failed: 1 })),
  );
  const reader = {
    services: () => Promise.resolve(sums),
    trends: () => Promise.resolve(trends),
  } as unknown as ServiceReader;
  const ms: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const from = performance.now();
    await services(reader, RANGE);
    ms.push(performance.now() - from);
  }
  ms.sort((a, b) => a - b);
  console.log(
    JSON.stringify({
      bench: 'services',
      services: count,
      medianMs: Number(ms[RUNS / 2]!.toFixed(1)),
      longestMs: Number(ms.at(-1)!.toFixed(1)),
    }),
  );
}
