// Zipkin captures become these trees, every span with its parent. Two spans of one id, a client and its server, are two levels here;
// MANIFEST.csv counts them as one (skew 3, netflix 3, ascend 3 levels there; 4, 5, 4 here), and is met by counting ids along the path.
import { expect, it } from 'vitest';
import { TraceDag } from '#collector/reconstruct/dag.ts';
import { warningName } from '#collector/reconstruct/warnings.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { shownTrace } from '#deploy/cli/show/trace-json.ts';
import { HostPairClock, fileWindow } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import { loadCapture } from '../support/capture-traces.ts';
import { describeWithData } from '../support/shared-data.ts';

const KINDS = ['local', 'internal', 'server', 'client', 'producer', 'consumer'];

const TREES: Record<string, { manifestDepth: number; tree: string; warnings: string[] }> = {
  skew: {
    manifestDepth: 3,
    warnings: ['shared_span_id'],
    tree: `
servicea server get bf396325
  servicea client post 74280ae0
    serviceb server post 74280ae0
      serviceb local async 43210ae0
`,
  },
  messaging: {
    manifestDepth: 4,
    warnings: [],
    tree: `
frontend server get / b33447ba
  frontend producer publish 05e3ac9a
    backend consumer next-message e457b5a2
      backend local on-message 4ad2db84
`,
  },
  'messaging-kafka': {
    manifestDepth: 5,
    warnings: [],
    tree: `
servicea consumer poll 05628094
  servicea local on-message 09fdf808
    servicea local handle 5141af93
      servicea producer send 79145dc8
    servicea producer send 2e22a056
      serviceb consumer poll b4a2a87e
        serviceb local on-message 2f77d5b0
      servicea consumer poll e0473dc3
        servicea local on-message d77b1306
    servicea producer send 26bd982d
  servicea local on-message e73d7bc0
    servicea local handle 556955e1
      servicea producer send e2feae69
    servicea producer send 5133caca
      serviceb consumer poll a5524eec
        serviceb local on-message 4a64a63e
      servicea consumer poll 08e980b0
        servicea local on-message 630c1215
    servicea producer send b7808dc6
  servicea local on-message d1b4806e
    servicea local handle 97a1159e
      servicea producer send b42b60c5
    servicea producer send 085a9df5
      servicea consumer poll bad2ddec
        servicea local on-message d5d4778b
      serviceb consumer poll 519d27c6
        serviceb local on-message 568b33e6
    servicea producer send 5bc03264
`,
  },
  netflix: {
    manifestDepth: 3,
    // Two reports without kind or service share the id of a client and its server: all four are kept.
    warnings: ['conflicting_span', 'conflicting_span', 'shared_span_id', 'shared_span_id'],
    tree: `
apip server /m/n/2.6.1 90394f6b
  apip client /m/n/2.6.1 8f6bc3f3
  apip client /m/n/2.6.1 67fae425
    api server /m/n/2.6.1 67fae425
      api client /m/n/2.6.1 6c590567
        session_logs server /slp/v1/sessionlogs 6c590567
      unknown_service local /m/n/2.6.1 6c590567
      unknown_service local /m/n/2.6.1 6c590567
`,
  },
  ascend: {
    manifestDepth: 3,
    warnings: ['shared_span_id', 'shared_span_id'],
    tree: `
mobile-gateway server get ef86c83c
  mobile-gateway client get 52b1ab49
    auth-service server http:/parent/auth-service/v1/authentications/ 52b1ab49
      auth-service local extend-token-life 80c0d1d6
  mobile-gateway client get ecc00062
    content-service server get /content/personal ecc00062
      content-service local hystrix e6422f7f
      content-service client get c21c6c51
`,
  },
};

/** Service, kind, name and first half of the id as it was sent, indented by depth. */
function treeOf(view: TraceView, dag: TraceDag): string {
  const { spans, resources, services, names } = view.memory;
  let text = '\n';
  for (let i = 0; i < dag.liveCount; i++) {
    const node = dag.order[i]!;
    const row = dag.rows[node]!;
    const words = [
      services.text(resources.service[spans.resource[row]!]!),
      KINDS[spans.kind[row]!],
      names.text(spans.name[row]!),
      spans.spanIdHi[row]!.toString(16).padStart(8, '0'),
    ];
    text += `${'  '.repeat(dag.depth[node]! - 1)}${words.join(' ')}\n`;
  }
  return text;
}

/** Longest path from a root, in distinct ids. */
function depthInIds(view: TraceView, dag: TraceDag): number {
  const { spanIdHi, spanIdLo } = view.memory.spans;
  let deepest = 0;
  for (let node = 0; node < dag.count; node++) {
    const ids = new Set<string>();
    for (let at = node; at >= 0; at = dag.parent[at]!) ids.add(`${spanIdHi[dag.rows[at]!]} ${spanIdLo[dag.rows[at]!]}`);
    deepest = Math.max(deepest, ids.size);
  }
  return deepest;
}

describeWithData('Zipkin captures', () => {
  for (const [name, { manifestDepth, tree, warnings }] of Object.entries(TREES)) {
    it(`${name} becomes its tree`, async () => {
      const file = await loadCapture(`zipkin/${name}.json`);
      expect(file.ids()).toHaveLength(1);
      const view = file.view(file.ids()[0]!)!;
      const dag = new TraceDag();
      dag.build(view);
      expect(treeOf(view, dag)).toBe(tree);
      expect(
        Array.from({ length: dag.warnings.count }, (_, i) => warningName(dag.warnings.kind[i]!)).toSorted(),
      ).toEqual(warnings);
      expect(depthInIds(view, dag)).toBe(manifestDepth);
    });
  }

  it('skew, whose server starts 65 ms before its client, is repaired: each child lies within its parent, by one offset of one host', async () => {
    const file = await loadCapture('zipkin/skew.json');
    const view = file.view(file.ids()[0]!)!;
    const rebuild = new Reconstructor(new HostPairClock(fileWindow(1000)));
    rebuild.observe(view);
    const { spans, hosts } = shownTrace(file.ids()[0]!, view, rebuild.run(view));
    expect(hosts).toEqual([
      { host: 'servicea', offset: '0', error: '0' },
      { host: 'serviceb', offset: '65922000', error: '481000' },
    ]);
    const times = new Map(
      spans.map((span) => [
        span.span_id,
        { start: BigInt(span.start), end: BigInt(span.start) + BigInt(span.duration), raw: BigInt(span.raw_start) },
      ]),
    );
    const moved: string[] = [];
    for (const span of spans) {
      const own = times.get(span.span_id)!;
      const parent = times.get(span.parent_id) ?? own;
      expect([span.name, own.start >= parent.start, own.end <= parent.end]).toEqual([span.name, true, true]);
      if (own.start !== own.raw) moved.push(`${span.service} ${span.name} ${own.start - own.raw}`);
    }
    expect(moved).toEqual(['serviceb post 65922000', 'serviceb async 65922000']);
  });
});
