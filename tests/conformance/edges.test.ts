// The service map of the captures against counts made by an independent program (expected/red/*/edges.csv, services.csv).
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ServiceEdges } from '#tests/support/joined-facts.ts';
import { TraceDag } from '#collector/reconstruct/dag.ts';
import { loadCapture } from '../support/capture-traces.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';

const BOUNDS_MS = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10_000, 15_000];
const FILES: Record<string, string> = {
  hotel_load50: 'otlp/hotel_load50.otlp.pb.frames',
  'online-boutique-9min': 'otlp/online-boutique-9min.otlp.pb.frames',
  'train-ticket-12min': 'otlp/train-ticket-12min.otlp.pb.frames',
  'oteldb-k6-shop': 'otlp/captures/oteldb-k6-shop-traces.jsonl',
  'robotframework-otel': 'otlp/captures/robotframework-otel-traces.jsonl',
};

function csv(path: string): string[][] {
  return readFileSync(sharedData(path), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
}

function asText(rows: Map<string, number[]>): string[] {
  return [...rows].map(([key, cells]) => `${key},${cells.join(',')}`).toSorted();
}

describeWithData('service edges of the captures', () => {
  for (const [capture, path] of Object.entries(FILES)) {
    it(`are those of ${capture}, to the call and the nanosecond`, async () => {
      const file = await loadCapture(path);
      const edges = new ServiceEdges({ memory: file.memory, boundsMs: BOUNDS_MS, producers: 1000 });
      const dag = new TraceDag();
      const services = new Map<string, number[]>();
      for (const id of file.ids()) {
        const view = file.view(id)!;
        dag.link(view);
        edges.observe(view, dag);
        const { spans, resources } = file.memory;
        const seen = new Set<string>();
        for (let node = 0; node < view.count; node++) {
          const row = view.rows[node]!;
          const service = file.memory.services.text(resources.service[spans.resource[row]!]!);
          const sums = services.get(service) ?? [0, 0, 0, 0, 0];
          services.set(service, sums);
          sums[0]!++;
          sums[1]! += spans.status[row] === 2 ? 1 : 0;
          sums[2]! += spans.durationNs(row);
          sums[3]! += seen.has(service) ? 0 : 1;
          seen.add(service);
          const parent = dag.parent[node]!;
          if (
            parent >= 0 &&
            resources.service[spans.resource[view.rows[parent]!]!] === resources.service[spans.resource[row]!]
          )
            sums[4]!++;
        }
      }
      const got = new Map<string, number[]>();
      for (const row of edges.flush(0)) {
        if (row.virtual) continue;
        const key = `${row.caller},${row.callee}`;
        const sums = got.get(key) ?? [0, 0, 0, 0];
        got.set(key, sums);
        sums[0]! += row.calls;
        sums[1]! += row.errors;
        sums[2]! += row.clientServerCalls;
        sums[3]! += row.durationSumNs;
        expect(row.durationBuckets.reduce((sum, [, calls]) => sum + calls, 0)).toBe(row.calls);
      }
      expect(asText(got)).toEqual(
        csv(`expected/red/${capture}/edges.csv`)
          .map((cells) => cells.join(','))
          .toSorted(),
      );
      expect(asText(services)).toEqual(
        csv(`expected/red/${capture}/services.csv`)
          .map((cells) => cells.join(','))
          .toSorted(),
      );
    });
  }
});
