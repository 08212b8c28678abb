// Samples of remote write per CPU-second of the collector: from a decompressed request to rows in the encoders, blocks cut included.
// Run: node tests/bench/remote-write.bench.ts
import { uncompressSync, compressSync } from 'snappy';
import { MetricStage } from '#collector/metrics/metric-stage.ts';
import { Ledger } from '#collector/self/ledger.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import { writeRequestV1, writeRequestV2 } from '#tests/support/remote-write.ts';

const SERIES = 20_000;
const SAMPLES_PER_REQUEST = 2000;
const ROUNDS = 30;
const WARM_ROUNDS = 5;

/** Labels as a Kubernetes cluster has them. */
function seriesOf(at: number, timeMs: number) {
  return {
    labels: {
      __name__: `http_requests_total_${at % 50}`,
      cluster: 'production-eu-west',
      namespace: `namespace-${at % 17}`,
      pod: `checkout-7f9c6d5b8-${at}`,
      instance: `10.0.${at % 200}.17:9090`,
      job: 'kubernetes-pods',
      method: ['GET', 'POST', 'PUT'][at % 3]!,
      code: ['200', '404', '500'][at % 3]!,
    },
    samples: [[timeMs, String(at * 1.5)]] as const,
  };
}

for (const version of [1, 2] as const) {
  const encode = version === 1 ? writeRequestV1 : writeRequestV2;
  const rounds = Array.from({ length: ROUNDS + WARM_ROUNDS }, (_, round) =>
    Array.from({ length: SERIES / SAMPLES_PER_REQUEST }, (__, request) => {
      const from = request * SAMPLES_PER_REQUEST;
      const series = Array.from({ length: SAMPLES_PER_REQUEST }, (___, at) =>
        seriesOf(from + at, 1e12 + round * 15_000),
      );
      return compressSync(Buffer.from(encode(series)));
    }),
  );
  const tables = new StoreTables();
  const ledger = new Ledger();
  const stage = new MetricStage(ledger.metrics, tables);
  let started = process.cpuUsage();
  let before = 0;
  for (const [at, requests] of rounds.entries()) {
    if (at === WARM_ROUNDS) {
      globalThis.gc?.();
      started = process.cpuUsage();
      before = ledger.metrics.receivedTotal;
    }
    for (const compressed of requests) {
      const body = Buffer.from(uncompressSync(compressed, { asBuffer: true }));
      const encoding = version === 1 ? 'remote_write_1' : 'remote_write_2';
      const answer = stage.accept({ signal: 'metrics', body, transport: 'http', encoding, deadlineMs: 1000 }, 1e12);
      if (answer.kind !== 'accepted' || answer.rejected > 0) throw new Error(JSON.stringify(answer));
    }
    for (const table of [tables.series, tables.samples]) table.cutBlock(1_000_000_000);
  }
  const { user, system } = process.cpuUsage(started);
  const samples = ledger.metrics.receivedTotal - before;
  const bench = { bench: 'remote write', version, samplesPerCpuSecond: Math.round(samples / ((user + system) / 1e6)) };
  console.log(JSON.stringify(bench));
}
