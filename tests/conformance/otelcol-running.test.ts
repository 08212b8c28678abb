// A whole Winnow started with an OpenTelemetry Collector's file, verbatim: what the Collector keeps is what is stored, RED and edges come
// from all spans, a broken edit changes nothing, and own rules take over without a restart.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parseCollectorYaml } from '#proto/config/collector-file.ts';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import { simulateCollector } from '#collector/simulate/simulate-collector.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { conserved, RunningWinnow } from '../support/running-winnow.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';
import { storedTraces } from '../support/stored-traces.ts';

const CAPTURE = 'otlp/hotel_load50.otlp.pb.frames';
const SPANS = 11_000;
const TIMEOUT_MS = 240_000;
const PROCESSOR = `
    decision_wait: 2s
    policies:
      - { name: errors, type: status_code, status_code: { status_codes: [ERROR] } }
      - { name: slow, type: latency, latency: { threshold_ms: 60 } }
      - { name: some, type: probabilistic, probabilistic: { sampling_percentage: 20 } }
`;
const COLLECTOR = `
receivers:
  otlp: { protocols: { grpc: { endpoint: 0.0.0.0:4317 }, http: {} } }
processors:
  memory_limiter: { check_interval: 1s, limit_mib: 512 }
  tail_sampling:${PROCESSOR}
  batch: {}
exporters:
  otlp/tempo: { endpoint: tempo:4317 }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [memory_limiter, tail_sampling, batch], exporters: [otlp/tempo] }
`;

async function foretold(): Promise<Map<string, string>> {
  const traces = new WholeTraces(SPANS);
  for await (const request of readCapture(sharedData(CAPTURE))) traces.add(Buffer.from(request.bytes));
  const compiled = compilePolicies(parseCollectorYaml(PROCESSOR));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  return new Map(
    simulateCollector(traces, compiled.value).flatMap(({ trace_id: id, decision, rule }) =>
      decision === 'keep' ? [[id, rule!]] : [],
    ),
  );
}

async function reload(winnow: RunningWinnow, text: string): Promise<{ result: string; errors: string[] }> {
  writeFileSync(path.join(winnow.dir, 'winnow.yaml'), text);
  const response = await fetch(`http://${winnow.addresses['admin']}/reload`, { method: 'POST' });
  return (await response.json()) as { result: string; errors: string[] };
}

describeWithData("a Collector's file", () => {
  it('decides in the running system as the Collector does, to the trace', { timeout: TIMEOUT_MS }, async () => {
    const wanted = await foretold();
    expect(wanted.size).toBeGreaterThan(150);
    await using winnow = await RunningWinnow.start(COLLECTOR, ['--red.flush_every=1s']);
    expect(winnow.log).toContain('decides by processors.tail_sampling');
    expect(winnow.log).toContain(
      'not taken: receivers otlp; processors memory_limiter, batch; exporters otlp/tempo; service pipelines',
    );
    expect((await winnow.replay(sharedData(CAPTURE))).code).toBe(0);
    const ledger = await winnow.settled();
    expect(conserved(ledger.spans)).toBe(true);
    const stored = await storedTraces(winnow);
    expect(stored.map(({ trace_id: id, rule }) => `${id} ${rule}`).toSorted()).toEqual(
      [...wanted].map(([id, rule]) => `${id} ${rule}`).toSorted(),
    );
    expect(stored.every(({ rule, weight }) => weight === (rule === 'some' ? 5 : 1))).toBe(true);
    const calls = async (): Promise<number> =>
      Number((await winnow.promql('sum(traces_span_metrics_calls_total)'))[0]?.value[1]);
    await winnow.until(
      async () => ((await calls()) === SPANS ? true : undefined),
      30_000,
      async () => String(await calls()),
    );

    const broken = await reload(winnow, COLLECTOR.replace('type: latency', 'type: latencies'));
    expect(broken).toMatchObject({ result: 'refused' });
    expect(broken.errors[0]).toMatch(
      /^processors\.tail_sampling\.policies\[1\]\.type \(\S*winnow\.yaml:10\): is no policy type, got `latencies`; did you mean `latency`\?$/,
    );
    expect((await reload(winnow, 'sampling: { rules: [{ name: none, keep: 0% }] }')).result).toBe('applied');
    expect((await reload(winnow, `sampling:\n  tail_sampling:${PROCESSOR.replaceAll('\n', '\n  ')}`)).result).toBe(
      'applied',
    );
  });
});
