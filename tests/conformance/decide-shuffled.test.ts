// Every capture, its spans shuffled and put into other requests: each trace is decided the same, by rules that use every condition there is,
// rates, budget, floor and linked traces, with clock offsets learned from what is there.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRules, type RulesConfig } from '#collector/decide/rules/compile-rules.ts';
import { SPAN_CONDITIONS, TRACE_CONDITIONS } from '#collector/decide/rules/condition-catalog.ts';
import { simulateOwn, type SimulatedTrace } from '#collector/simulate/simulate-own.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';

/** Of each capture: enough for every service and shape, few enough for a test. */
const MOST_SPANS = 4000;
const MOST_TRACES = 300;
/** Smaller captures of a folder are taken together: a buffer for each costs more than its spans. */
const SMALL = 200;

/** Traces by finely graded duration: a clock that is corrected otherwise shows. */
const GRADED = Array.from(
  { length: 220 },
  (_, i) =>
    `  - { name: 'graded ${i}', when: { duration: '> ${Math.round(60e9 * 0.94 ** i)}ns' }, keep: ${i % 2 === 0 ? '40%' : '60%'} }`,
).join('\n');

const RULE_SETS = {
  shape: `
rules:
  - { name: runs, when: { repeats: { spans: '>= 6', duration: '> 1us', name: { matches: '.*[a-m].*' } } }, keep: 90% }
  - { name: loops, when: { repeats: '>= 5' }, keep: 80% }
  - { name: path in search, when: { critical_path: { search: '> 20%' }, depth: '> 3' }, keep: 70% }
  - { name: path in front, when: { any_of: [{ critical_path: { frontend: '> 30%' } }, { critical_path: { ts-order-service: '>= 10%' } }] }, keep: 60% }
  - { name: rare, when: { path: { rarer_than: 2% } }, keep: 100% }
  - { name: deep, when: { depth: '> 4' }, keep: 50% }
  - { name: wide, when: { children: '> 4' }, keep: 60% }
  - { name: orphans, when: { orphans: '> 0' }, keep: 40% }
  - { name: rest, when: {}, keep: 30% }`,
  spans: `
rules:
  - { name: linked, when: { links: true }, keep: 90% }
  - { name: state, when: { trace_state: { ot: exists } }, keep: 85% }
  - { name: root, when: { root: { kind: [server, consumer], duration: '> 5ms', name: { matches: '.*[aeiou].*' } }, errors: '> 0' }, keep: 80% }
  - { name: one span, when: { any: { status: error, resource: { service.name: exists } } }, keep: 70% }
  - { name: every span, when: { all: { not: { service: frontend }, any_of: [{ status: unset }, { kind: client }] } }, keep: 60% }
  - { name: attribute, when: { any: { attributes: { http.status_code: '>= 200', rpc.system: missing }, all_of: [{ links: false }, { trace_state: { v: missing } }] } }, keep: 50% }
  - { name: services, when: { services: '> 2', not: { services: [redis, cartservice] } }, keep: 40% }
  - { name: spans, when: { all_of: [{ spans: '> 5' }, { links: false }] }, keep: 20% }
  - { name: rest, keep: 10% }`,
  duration: `rules:\n${GRADED}\n  - { name: rest, keep: 10% }`,
  rates: `
rules:
  - { name: errors, when: { errors: '> 1' }, keep: 100%, budget: false }
  - { name: adaptive, when: { spans: '> 2' }, keep: { adaptive: { goal: 30%, per: [service, route, status] } } }
  - { name: throughput, keep: { throughput: { spans_per_second: 20, per: [name] } } }
budget: { spans_per_second: 40 }
floor: { per: [service, status], traces: 1, every: 10s }
linked: producer`,
};

interface DecodedSpan {
  traceId: Uint8Array;
}
interface Group {
  resource?: unknown;
  schemaUrl?: string;
  scopeSpans?: { scope?: unknown; schemaUrl?: string; spans?: DecodedSpan[] }[];
}

const requestType = () => otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

/** One group per span, of as many whole traces as the bounds allow. Empty where a file is no capture of traces. */
async function singles(file: string): Promise<Group[]> {
  const groups: Group[] = [];
  try {
    for await (const request of readCapture(file)) {
      if (request.signal !== 'traces') continue;
      for (const group of (requestType().decode(Buffer.from(request.bytes)) as unknown as { resourceSpans: Group[] })
        .resourceSpans)
        groups.push(group);
    }
  } catch {
    return []; // queries, expectations and damaged files stand beside captures
  }
  const spans = groups.flatMap((group) =>
    (group.scopeSpans ?? []).flatMap((scope) =>
      (scope.spans ?? []).map((span) => ({ ...group, scopeSpans: [{ ...scope, spans: [span] }] })),
    ),
  );
  const byTrace = new Map<string, Group[]>();
  for (const one of spans) {
    const id = Buffer.from(one.scopeSpans[0]!.spans[0]!.traceId).toString('hex');
    const own = byTrace.get(id);
    if (own === undefined) byTrace.set(id, [one]);
    else own.push(one);
  }
  const chosen: Group[] = [];
  let traces = 0;
  for (const own of byTrace.values()) {
    if (traces > 0 && (traces === MOST_TRACES || chosen.length + own.length > MOST_SPANS)) break;
    chosen.push(...own);
    traces++;
  }
  return chosen;
}

function batched(groups: readonly Group[], size: number): Buffer[] {
  const bodies: Buffer[] = [];
  for (let i = 0; i < groups.length; i += size)
    bodies.push(
      Buffer.from(
        requestType()
          .encode(requestType().create({ resourceSpans: groups.slice(i, i + size) }))
          .finish(),
      ),
    );
  return bodies;
}

/** A shuffle that repeats: Fisher-Yates over a linear congruential sequence. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  let state = seed;
  for (let i = result.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = state % (i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

function simulate(bodies: readonly Buffer[], yaml: string): SimulatedTrace[] {
  const rules = compileRules(parse(yaml) as RulesConfig);
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  const traces = new WholeTraces(bodies.length * 64 + MOST_SPANS * 4);
  for (const body of bodies) traces.add(body);
  return simulateOwn(traces, rules.value);
}

/** Every key that stands anywhere in a written value. */
function keysOf(written: unknown): string[] {
  if (Array.isArray(written)) return written.flatMap(keysOf);
  return typeof written === 'object' && written !== null
    ? Object.entries(written).flatMap(([key, value]) => [key, ...keysOf(value)])
    : [];
}

test('the rules use every condition there is', () => {
  const used = new Set(Object.values(RULE_SETS).flatMap((yaml) => keysOf(parse(yaml))));
  expect([...TRACE_CONDITIONS, ...SPAN_CONDITIONS].map(({ key }) => key).filter((key) => !used.has(key))).toEqual([]);
});

describeWithData('shuffled and batched anew', () => {
  const rulesMet = new Set<string>();

  test.each([
    '.',
    'captures',
    'gcp-fixtures/traces',
    'jaeger-integration',
    'jaeger-integration/traces',
    'proto-examples',
  ])('captures in otlp/%s are decided the same', { timeout: 120_000 }, async (folder) => {
    const root = sharedData(path.join('otlp', folder));
    const files = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
    const captures = new Map<string, Group[]>();
    for (const file of files) {
      const groups = await singles(path.join(root, file));
      const name = groups.length < SMALL ? 'small ones' : file;
      if (groups.length > 0) captures.set(name, [...(captures.get(name) ?? []), ...groups]);
    }
    expect(captures.size).toBeGreaterThan(0);
    for (const [file, groups] of captures) {
      for (const [name, yaml] of Object.entries(RULE_SETS)) {
        const expected = simulate(batched(groups, groups.length), yaml);
        for (const trace of expected) rulesMet.add(trace.rule ?? '');
        for (const [seed, size] of [
          [1, 7],
          [2, 100],
        ] as const) {
          const mixed = simulate(batched(shuffled(groups, seed), size), yaml);
          expect({
            file,
            name,
            differing: mixed.filter((trace, i) => JSON.stringify(trace) !== JSON.stringify(expected[i])),
          }).toEqual({ file, name, differing: [] });
          expect(mixed).toHaveLength(expected.length);
        }
      }
    }
  });

  test('every rule has decided some trace, and of the graded ones more than a hundred have', () => {
    const named = Object.values(RULE_SETS).flatMap((yaml) =>
      (parse(yaml) as { rules: { name: string }[] }).rules.map(({ name }) => name),
    );
    expect(named.filter((name) => !name.startsWith('graded') && !rulesMet.has(name))).toEqual([]);
    expect(named.filter((name) => name.startsWith('graded') && rulesMet.has(name)).length).toBeGreaterThan(100);
  });
});
