// What is counted does not depend on what is kept: service map, RED and facts about trees of every capture, against counts made by an
// independent program (expected/red, expected/dag), with 5 % sampling as with 100 %.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { RulesConfig } from '#collector/decide/rules/compile-rules.ts';
import type { DependenciesResponse } from '#proto/api/services.ts';
import { expectedCalls } from '../support/capture-facts.ts';
import { RunningWinnow } from '../support/running-winnow.ts';
import { sampledCapture, type SampledCapture } from '../support/sampled-capture.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';
import { EVER } from '../support/stored-traces.ts';

const FILES: Record<string, string> = {
  hotel_load50: 'otlp/hotel_load50.otlp.pb.frames',
  'online-boutique-9min': 'otlp/online-boutique-9min.otlp.pb.frames',
  'train-ticket-12min': 'otlp/train-ticket-12min.otlp.pb.frames',
  'oteldb-k6-shop': 'otlp/captures/oteldb-k6-shop-traces.jsonl',
  'robotframework-otel': 'otlp/captures/robotframework-otel-traces.jsonl',
};
const FIVE_PERCENT: RulesConfig = { rules: [{ name: 'the rest', keep: '5%' }] };
const LONGER_THAN_WAITS_MS = 35_000;
const ALL: RulesConfig = { rules: [{ name: 'all', keep: '100%' }] };

function lines(path: string): string[] {
  return readFileSync(sharedData(path), 'utf8').trim().split('\n');
}

/** As the lines of edges.csv: minutes and kinds of edge put together. */
function edgeLines({ edges }: SampledCapture): string[] {
  const sums = new Map<string, number[]>();
  for (const row of edges) {
    if (row.virtual) continue;
    const key = `${row.caller},${row.callee}`;
    const sum = sums.get(key) ?? [0, 0, 0, 0];
    sums.set(key, [
      sum[0]! + row.calls,
      sum[1]! + row.errors,
      sum[2]! + row.clientServerCalls,
      sum[3]! + row.durationSumNs,
    ]);
  }
  return [...sums].map(([key, cells]) => `${key},${cells.join(',')}`).toSorted();
}

/** Spans with a repair of that kind, and traces with one: each trace counts once per service. */
function repaired({ repairs }: SampledCapture, kind: string): number {
  return repairs.filter((row) => row.kind === kind).reduce((sum, { spans }) => sum + spans, 0);
}

describeWithData('counts over a whole capture', () => {
  const [header = '', ...facts] = lines('expected/dag/facts.csv');
  const names = header.split(',');

  for (const [capture, path] of Object.entries(FILES)) {
    it(
      `of ${capture} are the same with 5 % as with 100 %, and the independent ones`,
      { timeout: 120_000 },
      async () => {
        const sampled = await sampledCapture(path, FIVE_PERCENT);
        const whole = await sampledCapture(path, ALL);
        expect(whole.keptTraces).toBe(whole.facts.traces);
        expect(sampled.keptTraces).toBeLessThan(whole.keptTraces);
        expect(sampled.edges).toEqual(whole.edges);
        expect(sampled.red).toEqual(whole.red);
        expect(sampled.facts).toEqual(whole.facts);

        expect(edgeLines(sampled)).toEqual(lines(`expected/red/${capture}/edges.csv`).slice(1).toSorted());
        const calls = expectedCalls(capture);
        expect(sampled.red.size).toBe(calls.length);
        for (const row of calls) {
          const [count, sumNs, ...buckets] =
            sampled.red.get([row.service, row.name, row.kind, row.status].join('\n')) ?? [];
          expect([row.service, row.name, count, ...buckets]).toEqual([
            row.service,
            row.name,
            row.count,
            ...row.buckets.values(),
          ]);
          expect(Math.abs(sumNs! - row.sumNs)).toBeLessThanOrEqual(row.sumNs * 1e-9);
        }

        const cells = facts.find((line) => line.startsWith(`${capture},`))?.split(',') ?? [];
        const fact = Object.fromEntries(names.map((name, i) => [name, Number(cells[i])]));
        for (const [name, value] of Object.entries(sampled.facts)) expect([name, value]).toEqual([name, fact[name]]);
        for (const run of [sampled, whole]) {
          expect(repaired(run, 'missing_parent')).toBe(fact['orphan_spans']);
          expect(repaired(run, 'self_parent')).toBe(fact['self_parents']);
          expect(repaired(run, 'several_roots')).toBe(
            fact['roots']! - (fact['traces']! - fact['traces_without_root']!),
          );
          expect(repaired(run, 'end_before_start')).toBe(fact['end_before_start']);
        }
      },
    );
  }

  it.each(['hotel_load50', 'online-boutique-9min', 'train-ticket-12min'])(
    'of %s are the same when every request comes after the decision on what came before it',
    { timeout: 120_000 },
    async (capture) => {
      const path = FILES[capture] ?? '';
      const [inTime, late] = [
        await sampledCapture(path, FIVE_PERCENT),
        await sampledCapture(path, FIVE_PERCENT, LONGER_THAN_WAITS_MS),
      ];
      expect(late.lateSpans).toBeGreaterThan(inTime.facts.spans / 2);
      expect(late.red).toEqual(inTime.red);
      expect(edgeLines(late)).toEqual(edgeLines(inTime));
    },
  );

  it('of spans whose caller was no client and was decided before them tell how many found none', async () => {
    const late = await sampledCapture(FILES['robotframework-otel'] ?? '', FIVE_PERCENT, LONGER_THAN_WAITS_MS);
    expect(edgeLines(late)).toEqual([]);
    expect(late.waiting).toBe(5);
  });

  it(
    'are what the running system tells of its service graph at 5 %, in PromQL and on the map',
    { timeout: 120_000 },
    async () => {
      await using winnow = await RunningWinnow.start(
        'red: { flush_every: 1s }\nsampling: { wait: { quiet: 1s, after_root: 2s, max: 5s }, rules: [{ name: the rest, keep: 5% }] }\n',
      );
      await winnow.replay(sharedData(FILES['hotel_load50'] ?? ''));
      const { spans } = await winnow.settled();
      expect([spans.received, spans.stored < 2000]).toEqual([11_000, true]);
      const expected = lines('expected/red/hotel_load50/edges.csv')
        .slice(1)
        .map((line) => line.split(','));
      const calls = expected.map(([client, server, count]) => `${client} > ${server} ${count}`).toSorted();
      const total = expected.reduce((sum, [, , count]) => sum + Number(count), 0);
      const told = await winnow.until(async () => {
        const samples = await winnow.promql('traces_service_graph_request_total{connection_type=""}');
        return samples.reduce((sum, { value }) => sum + Number(value[1]), 0) >= total ? samples : undefined;
      });
      expect(
        told.map(({ metric, value }) => `${metric['client']} > ${metric['server']} ${value[1]}`).toSorted(),
      ).toEqual(calls);
      const { edges } = await winnow.api<DependenciesResponse>(`/api/dependencies?${EVER}`);
      const onMap = edges.filter(({ kind }) => kind === 'rpc');
      expect(onMap.map(({ caller, callee, calls: count }) => `${caller} > ${callee} ${count}`).toSorted()).toEqual(
        calls,
      );
      for (const [client, server, count, , , sumNs] of expected) {
        const mean = onMap.find(({ caller, callee }) => caller === client && callee === server)?.mean_ms ?? NaN;
        expect(Math.abs(mean - Number(sumNs) / Number(count) / 1e6)).toBeLessThan(1e-6);
      }
    },
  );
});
