// The rebuilt trees of the captures against counts made by an independent program (expected/dag/facts.csv).
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { NODE_SPAN, NODE_SYNTHETIC, TraceDag } from '#collector/reconstruct/dag.ts';
import type { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { loadCapture } from '../support/capture-traces.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';

/** jaeger-ui-flamegraph is not among them: that file is the state of a page, not a capture. */
const FILES: Record<string, string> = {
  hotel_load50: 'otlp/hotel_load50.otlp.pb.frames',
  'online-boutique-9min': 'otlp/online-boutique-9min.otlp.pb.frames',
  'train-ticket-12min': 'otlp/train-ticket-12min.otlp.pb.frames',
  'oteldb-k6-shop': 'otlp/captures/oteldb-k6-shop-traces.jsonl',
  'robotframework-otel': 'otlp/captures/robotframework-otel-traces.jsonl',
  media_load100: 'otlp/media_load100.otlp.pb.frames',
  'train-ticket-0852': 'otlp/train-ticket-0852.otlp.pb.frames',
  'f5-otel-go-demo': 'otlp/captures/f5-otel-go-demo-traces.jsonl',
  hotel_load25: 'jaeger/hotel_load25.jsonl',
  'jaeger-ui-genai': 'jaeger/jaeger-ui/TraceTimelineViewer-genaiTestTrace.json',
  'jaeger-api-input': 'expected/jaeger-api/input.otlp.pb.frames',
};

function facts(file: TraceFile): Record<string, number> {
  const sum = {
    traces: 0,
    spans: 0,
    roots: 0,
    orphan_spans: 0,
    distinct_missing_parents: 0,
    self_parents: 0,
    spans_in_cycles: 0,
    traces_with_several_roots: 0,
    traces_without_root: 0,
    traces_with_orphans: 0,
    max_spans: 0,
    max_depth: 0,
    max_children: 0,
    error_spans: 0,
    error_traces: 0,
    child_starts_before_parent: 0,
    child_ends_after_parent: 0,
    child_disjoint_from_parent: 0,
    zero_duration: 0,
    end_before_start: 0,
  };
  const dag = new TraceDag();
  for (const id of file.ids()) {
    const view = file.view(id)!;
    dag.build(view);
    const { spans } = view.memory;
    let orphans = 0;
    const broken = new Uint8Array(dag.nodeCount);
    for (let i = 0; i < dag.warnings.count; i++) if (dag.warnings.kind[i] === 5) broken[dag.warnings.node[i]!] = 1;
    for (let i = 0; i < dag.liveCount; i++) {
      const node = dag.order[i]!;
      const parent = dag.parent[node]!;
      if (parent >= 0) broken[node]! |= broken[parent]!;
      if (broken[node] === 1) sum.spans_in_cycles++;
      const children = dag.childFrom[node + 1]! - dag.childFrom[node]!;
      if (dag.state[node] === NODE_SYNTHETIC) {
        orphans += children;
        continue;
      }
      sum.max_children = Math.max(sum.max_children, children);
      const row = dag.rows[node]!;
      if (spans.durationNs(row) === 0) sum.zero_duration++;
      if (spans.durationNs(row) < 0) sum.end_before_start++;
      if (parent < 0 || dag.state[parent] !== NODE_SPAN) continue;
      if (dag.startNs[node]! < dag.startNs[parent]!) sum.child_starts_before_parent++;
      if (dag.endNs[node]! > dag.endNs[parent]!) sum.child_ends_after_parent++;
      if (dag.startNs[node]! >= dag.endNs[parent]! || dag.endNs[node]! <= dag.startNs[parent]!)
        sum.child_disjoint_from_parent++;
    }
    // The edge on which a cycle was broken led to the earliest span of the cycle, from a later one.
    sum.child_starts_before_parent += dag.cyclesBroken;
    sum.traces++;
    sum.spans += view.count;
    sum.roots += dag.parentless;
    sum.orphan_spans += orphans;
    sum.distinct_missing_parents += dag.missingParents;
    sum.self_parents += dag.selfParents;
    sum.traces_with_several_roots += dag.parentless > 1 ? 1 : 0;
    sum.traces_without_root += dag.parentless === 0 ? 1 : 0;
    sum.traces_with_orphans += orphans > 0 ? 1 : 0;
    sum.max_spans = Math.max(sum.max_spans, view.count);
    sum.max_depth = Math.max(sum.max_depth, dag.maxDepth);
    sum.error_spans += view.errorCount;
    sum.error_traces += view.errorCount > 0 ? 1 : 0;
  }
  return sum;
}

describeWithData('trees of the captures', () => {
  const [header = '', ...lines] = readFileSync(sharedData('expected/dag/facts.csv'), 'utf8').trim().split('\n');
  const names = header.split(',');
  for (const [capture, path] of Object.entries(FILES)) {
    const cells = lines.find((line) => line.startsWith(`${capture},`))?.split(',') ?? [];
    it(`has the facts of ${capture}`, async () => {
      const got = facts(await loadCapture(path));
      const expected = Object.fromEntries(
        names.map((name, i) => [name, Number(cells[i])]).filter(([name]) => (name as string) in got),
      );
      expect(got).toEqual(expected);
    });
  }
});
