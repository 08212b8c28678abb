// The answers of the real tail_sampling processor: the same traces are kept id by id, the same policy is named, and the same tracestate
// goes out on every span, for every recorded case but those where the Collector silently does something else than was written.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseCollectorYaml } from '#proto/config/collector-file.ts';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import { simulateCollector } from '#collector/simulate/simulate-collector.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';

const SPAN_CAPACITY = 400_000;
/** What the Collector silently takes for something else than was written (fractions cut, counts wrapped, misspelt blocks) is refused here. */
const STRICTER: ReadonlySet<string> = new Set([
  'config-error-33-syn',
  'config-error-35-syn',
  'config-error-39-syn',
  'config-error-50-syn',
  'numeric-attribute-30-syn',
  'string-attribute-41-syn',
]);

interface Case {
  id: string;
  capture: string;
  config: string;
  gates: string[];
  outcome: 'ok' | 'config_error' | 'crash';
  policies?: Record<string, number>;
  ot_out?: Record<string, number>;
  tracestate_digest?: string;
}
interface Kept {
  id: string;
  kept?: string[];
  dropped?: string[];
}

function counts(of: Record<string, number>): string[] {
  return Object.entries(of)
    .map(([name, count]) => `${name}: ${count}`)
    .sort();
}

/** How the recorded counts name what stands in `ot`. */
function otOf(state: string): string {
  const ot = state
    .split(',')
    .map((member) => member.trim())
    .find((member) => member.startsWith('ot='));
  if (ot === undefined) return '(no ot)';
  return (
    ot
      .slice('ot='.length)
      .split(';')
      .findLast((field) => field.startsWith('th:')) ?? '(ot without th)'
  );
}

function lines<T>(name: string): T[] {
  return readFileSync(sharedData(`expected/tail_sampling/${name}`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

async function load(capture: string): Promise<WholeTraces> {
  const traces = new WholeTraces(SPAN_CAPACITY);
  for await (const request of readCapture(sharedData(`otlp/${capture}`)))
    if (request.signal === 'traces') traces.add(Buffer.from(request.bytes));
  return traces;
}

describeWithData("the Collector's tail_sampling policies", () => {
  test(
    'keep the same traces for the same bytes, name the same policy, send the same tracestate, and refuse what the Collector does',
    { timeout: 180_000 },
    async () => {
      const keptOf = new Map(lines<Kept>('kept.jsonl').map((kept) => [kept.id, kept]));
      const captures = new Map<string, WholeTraces>();
      const wrong: string[] = [];
      for (const one of lines<Case>('cases.jsonl')) {
        const compiled = compilePolicies(
          (parseCollectorYaml(one.config) as Record<string, unknown>)['tail_sampling'],
          one.gates.some((gate) => gate.endsWith('usetracestate')),
        );
        if (!compiled.ok) {
          if (one.outcome === 'ok' && !STRICTER.has(one.id))
            wrong.push(`${one.id}: refused: ${compiled.error.map(formatConfigError).join(' | ')}`);
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
        const samePolicies =
          one.policies === undefined || JSON.stringify(counts(named)) === JSON.stringify(counts(one.policies));
        if (!sameKept) wrong.push(`${one.id}: keeps ${kept.length}, the Collector ${wanted.length}`);
        else if (!samePolicies)
          wrong.push(`${one.id}: names ${JSON.stringify(named)}, the Collector ${JSON.stringify(one.policies)}`);
        if (one.tracestate_digest === undefined) continue;
        const out = decided.flatMap((trace) =>
          (trace.tracestates ?? []).map(([span, state]) => ({
            line: `${trace.trace_id} ${span} ${state}`,
            kind: otOf(state),
          })),
        );
        const digest = createHash('sha256')
          .update(
            out
              .map(({ line }) => line)
              .sort()
              .join('\n'),
          )
          .digest('hex');
        const kinds: Record<string, number> = {};
        for (const { kind } of out) kinds[kind] = (kinds[kind] ?? 0) + 1;
        if (JSON.stringify(counts(kinds)) !== JSON.stringify(counts(one.ot_out ?? {})))
          wrong.push(`${one.id}: sends ${JSON.stringify(kinds)}, the Collector ${JSON.stringify(one.ot_out)}`);
        else if (digest !== one.tracestate_digest) wrong.push(`${one.id}: other tracestates`);
      }
      expect(wrong).toEqual([]);
    },
  );
});
