// Cost of a decision per span: ten rules over five attributes, over every trace of a real capture, none of which matches early.
import { parse } from 'yaml';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import type { Decision } from '#collector/model/trace.ts';
import { loadCapture } from '#tests/support/capture-traces.ts';

const ROUNDS = 5;

const rules = compileRules({
  rules: parse(`
  - { name: r1, when: { root: { attributes: { url.path: [/healthz, /readyz] } } }, keep: 0% }
  - { name: r2, when: { any: { attributes: { http.status_code: '>= 599' } } }, keep: 100% }
  - { name: r3, when: { any: { attributes: { http.method: PATCH } } }, keep: 50% }
  - { name: r4, when: { any: { attributes: { rpc.grpc.status_code: '> 90' }, status: error } }, keep: 50% }
  - { name: r5, when: { any: { service: nowhere, duration: '> 1h' } }, keep: 50% }
  - { name: r6, when: { any: { attributes: { http.route: { matches: '/nowhere/.*' } } } }, keep: 50% }
  - { name: r7, when: { any: { attributes: { http.method: [TRACE, CONNECT] }, kind: server } }, keep: 50% }
  - { name: r8, when: { duration: '> 1h' }, keep: 100% }
  - { name: r9, when: { all: { attributes: { http.status_code: 999 } } }, keep: 50% }
  - { name: rest, keep: 5% }`) as unknown[],
});
if (!rules.ok) throw new Error(JSON.stringify(rules.error));
const file = await loadCapture('otlp/online-boutique-9min.otlp.pb.frames');
const views = file.ids().map((id) => file.view(id)!);
const decision: Decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
for (let round = 0; round < ROUNDS; round++) {
  let spans = 0;
  const before = process.threadCpuUsage();
  for (const view of views) {
    rules.value.decide(view, decision);
    spans += view.count;
  }
  const { user, system } = process.threadCpuUsage(before);
  const ns = (user + system) * 1000;
  console.log(JSON.stringify({ bench: 'decide', spans, traces: views.length, ns_per_span: Math.round(ns / spans) }));
}
