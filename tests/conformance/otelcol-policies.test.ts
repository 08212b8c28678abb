// The answers of the real tail_sampling processor: the same traces are kept id by id and the same policy is named, for every case
// that is supported; what is not is refused by name, and their number is fixed here so that it only ever falls.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseCollectorYaml } from '#collector/decide/otelcol/collector-yaml.ts';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import { simulateCollector } from '#deploy/cli/simulate/simulate-collector.ts';
import { WholeTraces } from '#deploy/cli/simulate/whole-traces.ts';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';

/** 18 with the gate usetracestate, 2 with maximum_trace_size_bytes. */
const UNSUPPORTED_CASES = 20;
const SPAN_CAPACITY = 400_000;
/** What the Collector silently takes for something else than was written (fractions cut, counts wrapped, misspelt blocks) is refused here. */
const STRICTER: ReadonlySet<string> = new Set([
  'config-error-33-syn', 'config-error-35-syn', 'config-error-39-syn', 'config-error-50-syn', 'numeric-attribute-30-syn', 'string-attribute-41-syn',
]);

interface Case {
  id: string;
  capture: string;
  config: string;
  gates: string[];
  outcome: 'ok' | 'config_error' | 'crash';
  policies?: Record<string, number>;
}
interface Kept {
  id: string;
  kept?: string[];
  dropped?: string[];
}

function counts(of: Record<string, number>): string[] {
  return Object.entries(of).map(([name, count]) => `${name}: ${count}`).sort();
}

function lines<T>(name: string): T[] {
  return readFileSync(sharedData(`expected/tail_sampling/${name}`), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as T);
}

async function load(capture: string): Promise<WholeTraces> {
  const traces = new WholeTraces(SPAN_CAPACITY);
  for await (const request of readCapture(sharedData(`otlp/${capture}`))) if (request.signal === 'traces') traces.add(Buffer.from(request.bytes));
  return traces;
}

describeWithData("the Collector's tail_sampling policies", () => {
  test('keep the same traces for the same bytes, name the same policy, and refuse what cannot be answered', async () => {
    const keptOf = new Map(lines<Kept>('kept.jsonl').map((kept) => [kept.id, kept]));
    const captures = new Map<string, WholeTraces>();
    const wrong: string[] = [];
    let unsupported = 0;
    for (const one of lines<Case>('cases.jsonl')) {
      if (one.gates.some((gate) => gate.endsWith('usetracestate'))) {
        unsupported++;
        continue;
      }
      const compiled = compilePolicies((parseCollectorYaml(one.config) as Record<string, unknown>)['tail_sampling']);
      if (!compiled.ok) {
        const missing = compiled.error.some((error) => error.message.includes('not supported yet'));
        if (one.outcome !== 'ok') continue;
        if (missing) unsupported++;
        else if (!STRICTER.has(one.id)) wrong.push(`${one.id}: refused: ${compiled.error.map(formatConfigError).join(' | ')}`);
        continue;
      }
      if (one.outcome !== 'ok') {
        wrong.push(`${one.id}: accepted, but the Collector has ${one.outcome}`);
        continue;
      }
      const traces = captures.get(one.capture) ?? (await load(one.capture));
      captures.set(one.capture, traces);
      const decided = simulateCollector(traces, compiled.value);
      const expected = keptOf.get(one.id)!;
      const kept = decided.flatMap((trace) => (trace.decision === 'keep' ? [trace.trace_id] : []));
      const dropped = new Set(expected.dropped ?? []);
      const wanted = expected.kept ?? decided.map((trace) => trace.trace_id).filter((id) => !dropped.has(id));
      const named: Record<string, number> = {};
      for (const trace of decided) if (trace.decision === 'keep') named[trace.rule!] = (named[trace.rule!] ?? 0) + 1;
      const sameKept = JSON.stringify(kept) === JSON.stringify([...wanted].sort());
      const samePolicies = one.policies === undefined || JSON.stringify(counts(named)) === JSON.stringify(counts(one.policies));
      if (!sameKept) wrong.push(`${one.id}: keeps ${kept.length}, the Collector ${wanted.length}`);
      else if (!samePolicies) wrong.push(`${one.id}: names ${JSON.stringify(named)}, the Collector ${JSON.stringify(one.policies)}`);
    }
    expect(wrong).toEqual([]);
    expect(unsupported).toBe(UNSUPPORTED_CASES);
  });
});
