// Critical paths of real traces against jaeger-ui's own algorithm, and against the reference where that is known to be wrong
// (expected/critical-path, README there): time per span in µs on raw clocks.
import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { TraceView } from '#collector/model/trace.ts';
import { Reconstructor, rawClocks } from '#collector/reconstruct/reconstruct.ts';
import { buildTrace } from '../support/trace-builder.ts';
import type { PlainSpan } from '../support/trace-builder.ts';
import { loadCapture } from '../support/capture-traces.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';

/** Rows whose traces are not in the file: too large. */
const WITHOUT_INPUT = ['chain-2000', 'chain-6000', 'sequence-6000'];

interface Section {
  spanID: string;
  sectionStart: number;
  sectionEnd: number;
}
interface Expected {
  capture: string;
  trace_id: string;
  jaeger_wrong: boolean;
  sections: Section[];
  reference?: Section[];
}
interface JaegerSpan {
  spanID: string;
  processID: string;
  startTime: number;
  duration: number;
  references?: { refType: string; spanID: string }[];
  tags?: { key: string; value: unknown }[];
}
interface JaegerTrace {
  traceID: string;
  spans: JaegerSpan[];
  processes: Record<string, { serviceName: string }>;
}

const KINDS: Record<string, number> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
/** Section 7 of the design says otherwise than Jaeger: a link is never a parent, a span that is its own parent is a root. µs per span. */
const OWN_SEMANTICS = new Map<string, Record<string, number>>([
  ['follows-from', { r: 70, a: 30, f: 15 }],
  ['self-parent', { r: 100, s: 30 }],
]);

function fromJaeger(trace: JaegerTrace, shiftUs: number): { view: TraceView; nameOf: Map<string, string> } {
  const idOf = new Map<string, string>();
  const nameOf = new Map<string, string>();
  const hex = (text: string): string => {
    const known = idOf.get(text);
    if (known !== undefined) return known;
    const made = (idOf.size + 1).toString(16).padStart(16, '0');
    idOf.set(text, made);
    nameOf.set(made, text);
    return made;
  };
  const spans = trace.spans.map((span): PlainSpan => {
    const parent = span.references?.find((reference) => reference.refType === 'CHILD_OF');
    const kind = KINDS[String(span.tags?.find((tag) => tag.key === 'span.kind')?.value)] ?? 0;
    const start = BigInt(span.startTime + shiftUs) * 1000n;
    const plain: PlainSpan = {
      id: hex(span.spanID),
      service: trace.processes[span.processID]?.serviceName ?? '',
      kind,
      start,
      end: start + BigInt(span.duration) * 1000n,
    };
    return parent === undefined ? plain : { ...plain, parent: hex(parent.spanID) };
  });
  return { view: buildTrace(spans, 0n), nameOf };
}

/** The same spans with start and duration floored to µs, as Jaeger's API gives them. */
function floored(view: TraceView): TraceView {
  const { spans } = view.memory;
  for (let i = 0; i < view.count; i++) {
    const row = view.rows[i]!;
    const raw = (BigInt(spans.startHi[row]!) << 32n) + BigInt(spans.startLo[row]!);
    const start = (raw / 1000n) * 1000n;
    const end = start + BigInt(Math.floor(spans.durationNs(row) / 1000) * 1000);
    spans.startHi[row] = Number(start >> 32n);
    spans.startLo[row] = Number(start & 0xffffffffn);
    spans.endHi[row] = Number(end >> 32n);
    spans.endLo[row] = Number(end & 0xffffffffn);
  }
  return view;
}

function timePerSpan(sections: readonly Section[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { spanID, sectionStart, sectionEnd } of sections) {
    const id = spanID.replace(/^a_1$/, 'a'); // jaeger-ui renames the second span of an id
    sums[id] = (sums[id] ?? 0) + sectionEnd - sectionStart;
  }
  for (const [span, us] of Object.entries(sums)) if (us === 0) delete sums[span];
  return sums;
}

function ours(view: TraceView, nameOf?: Map<string, string>): Record<string, number> {
  const rebuilt = new Reconstructor(rawClocks).run(view);
  const { dag, path } = rebuilt;
  const sums: Record<string, number> = {};
  let tiled = 0;
  for (let piece = 0; piece < path.pieceCount; piece++) {
    const node = path.pieceNode[piece]!;
    const ns = path.pieceToNs[piece]! - path.pieceFromNs[piece]!;
    tiled += ns;
    const hex = dag.idHi[node]!.toString(16).padStart(8, '0') + dag.idLo[node]!.toString(16).padStart(8, '0');
    const name = nameOf === undefined ? hex : (nameOf.get(hex) ?? hex);
    sums[name] = (sums[name] ?? 0) + ns / 1000;
  }
  let roots = 0;
  for (let i = 0; i < dag.rootCount; i++) roots += rebuilt.endNs[dag.roots[i]!]! - rebuilt.startNs[dag.roots[i]!]!;
  if (tiled !== roots) throw new Error(`the pieces sum up to ${tiled} ns, the roots last ${roots} ns`);
  return sums;
}

describeWithData('critical paths', () => {
  const rows = gunzipSync(readFileSync(sharedData('expected/critical-path/sections.jsonl.gz')))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Expected);
  const expectedOf = (capture: string): Expected[] => rows.filter((row) => row.capture === capture);

  for (const capture of ['hotel_load50', 'online-boutique-9min', 'train-ticket-12min']) {
    it(`of ${capture} equal jaeger-ui's`, async () => {
      const file = await loadCapture(`otlp/${capture}.otlp.pb.frames`);
      for (const row of expectedOf(capture)) {
        const view = file.view(row.trace_id.padStart(32, '0'));
        if (view === undefined) throw new Error(`no trace ${row.trace_id} in ${capture}`);
        expect({ trace: row.trace_id, us: ours(floored(view)) }).toEqual({
          trace: row.trace_id,
          us: timePerSpan(row.reference ?? row.sections),
        });
      }
    });
  }

  it("of CRISP's cases equal jaeger-ui's", () => {
    const folder = sharedData('jaeger/crisp-critical-path');
    for (const name of readdirSync(folder)) {
      const row = expectedOf(`crisp-${name.replace('.json', '')}`)[0];
      if (row === undefined) continue;
      const [trace] = (JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as { data: JaegerTrace[] }).data;
      const { view, nameOf } = fromJaeger(trace!, 1_000_000);
      expect({ name, us: ours(view, nameOf) }).toEqual({ name, us: timePerSpan(row.reference ?? row.sections) });
    }
  });

  it('of the probe traces equal the reference where jaeger-ui is wrong', () => {
    const traces = readFileSync(sharedData('expected/critical-path/probe-traces.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as JaegerTrace);
    let compared = 0;
    for (const trace of traces) {
      const row = expectedOf('probe').find((candidate) => candidate.trace_id === trace.traceID);
      const { view, nameOf } = fromJaeger(trace, 0);
      const got = ours(view, nameOf);
      if (row === undefined) continue;
      expect({ trace: trace.traceID, us: got }).toEqual({
        trace: trace.traceID,
        us: OWN_SEMANTICS.get(trace.traceID) ?? timePerSpan(row.reference ?? row.sections),
      });
      compared++;
    }
    expect(compared).toBe(rows.filter(({ capture }) => capture === 'probe').length - WITHOUT_INPUT.length);
  });
});
