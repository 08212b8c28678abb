// ns per span that every trace pays at its decision, kept or not: tree, edges, propagation. Prints JSON.
// Run: node tests/bench/propagation.bench.ts
import { ServiceEdges } from '#tests/support/joined-facts.ts';
import { Reconstructor, rawClocks } from '#collector/reconstruct/reconstruct.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { frames } from '#tests/support/frames.ts';

const ROUNDS = 12;
const SPANS = 100_000;

const file = new TraceFile(SPANS * 2);
for (const body of frames('otlp/online-boutique-9min.otlp.pb.frames')) {
  if (file.memory.spans.used >= SPANS) break;
  file.add(body);
}
const views = file.ids().map((id) => file.view(id)!);
const reconstructor = new Reconstructor(rawClocks);
const edges = new ServiceEdges({ memory: file.memory, boundsMs: [2, 10, 50], producers: 65_536, lateMs: 30_000 });
let spans = 0;
for (const view of views) spans += view.count;

type View = (typeof views)[number];
const stages: readonly ((view: View) => void)[] = [
  (view) => void reconstructor.observe(view),
  (view) => edges.observe(view, reconstructor.observe(view)),
  (view) => {
    const dag = reconstructor.observe(view);
    edges.observe(view, dag);
    edges.watchPropagation(view, dag, false);
  },
];
// Round about, so that a busy machine is busy for all of them.
const least = stages.map(() => Number.POSITIVE_INFINITY);
for (let round = 0; round < ROUNDS; round++) {
  for (const [stage, work] of stages.entries()) {
    const from = performance.now();
    for (const view of views) work(view);
    least[stage] = Math.min(least[stage]!, performance.now() - from);
  }
}
const [tree = 0, withEdges = 0, all = 0] = least.map((ms) => (ms * 1e6) / spans);
const rounded = (ns: number): number => Number(ns.toFixed(1));
console.log(
  JSON.stringify({
    bench: 'every trace at its decision',
    spans,
    treeNs: rounded(tree),
    edgesNs: rounded(withEdges - tree),
    propagationNs: rounded(all - withEdges),
  }),
);
