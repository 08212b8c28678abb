// How long it takes to put a trace together: a chain and a fan of 100,000 spans, and a typical trace of 40. Prints JSON.
import type { TraceView } from '#collector/model/trace.ts';
import { ServiceEdges } from '#tests/support/joined-facts.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import { buildTrace } from '../support/trace-builder.ts';
import type { PlainSpan } from '../support/trace-builder.ts';

const BIG = 100_000;
const TYPICAL = 40;
const ROUNDS = 20_000;
const TARGETS = { chain_ms: 150, fan_ms: 150, typical_us: 40 };

function chain(): PlainSpan[] {
  return Array.from({ length: BIG }, (_, i) => span(i, i - 1, i, 2 * BIG - i));
}

function fan(): PlainSpan[] {
  return Array.from({ length: BIG }, (_, i) =>
    i === 0 ? span(0, -1, 0, 10 * BIG) : span(i, 0, (i * 7919) % (9 * BIG), ((i * 7919) % (9 * BIG)) + 500),
  );
}

/** Five services on five hosts, client and server spans, half a dozen inner spans each. */
function typical(): PlainSpan[] {
  return Array.from({ length: TYPICAL }, (_, i) => {
    const host = Math.floor(i / 8);
    const parent = i === 0 ? -1 : i % 8 === 0 ? i - 5 : i - (i % 8);
    const start = i * 1000;
    return {
      ...span(i, parent, start, 1_000_000 - i * 1000),
      service: `s${host}`,
      host: `h${host}`,
      kind: i % 8 === 0 ? 2 : i % 8 === 3 ? 3 : 1,
    };
  });
}

function span(i: number, parent: number, start: number, end: number): PlainSpan {
  const own: PlainSpan = { id: (i + 1).toString(16), start, end, service: `s${i % 3}`, name: 'n' };
  return parent < 0 ? own : { ...own, parent: (parent + 1).toString(16) };
}

function best(view: TraceView, rounds: number): number {
  const reconstructor = new Reconstructor(new HostPairClock());
  const edges = new ServiceEdges({ memory: view.memory, boundsMs: [2, 10, 50], producers: 1024 });
  let least = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < 7; batch++) {
    const started = performance.now();
    for (let i = 0; i < rounds; i++) {
      edges.observe(view, reconstructor.observe(view));
      reconstructor.finish(view);
    }
    least = Math.min(least, (performance.now() - started) / rounds);
    edges.flush(0);
  }
  return least;
}

const figures = {
  chain_ms: best(buildTrace(chain()), 1),
  fan_ms: best(buildTrace(fan()), 1),
  typical_us: best(buildTrace(typical()), ROUNDS / 10) * 1000,
};
console.log(JSON.stringify({ bench: 'reconstruct', ...figures, targets: TARGETS }));
