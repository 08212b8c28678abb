// Time on the event loop for the list of 2,000 services with their curves, once their rows are there.
// Run: node tests/bench/services.bench.ts
import { services } from '#query/services/red.ts';
import type { Database } from '#query/store/database.ts';

const RUNS = 20;
const POINTS = 30;
const RANGE = { startNs: 0n, endNs: 600_000_000_000n };

for (const count of [100, 500, 1000, 2000]) {
  const names = Array.from({ length: count }, (_, i) => `service ${i}`);
  const numbers = names.map((name) => [name, 1, 600, 6, 1.2e9, 12, [5000, 10_000, 25_000], [400, 150, 50]]);
  const trends = names.flatMap((name) => Array.from({ length: POINTS }, (_, point) => [name, 1, point, 20, 1]));
  const answers = [numbers, trends];
  let asked = 0;
  const db = { rows: () => Promise.resolve(answers[asked++ % answers.length]) } as unknown as Database;
  const ms: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const from = performance.now();
    await services(db, RANGE);
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
