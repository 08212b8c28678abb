// Clock offsets learned from simulated traffic with known clocks.
import { describe, expect, it } from 'vitest';
import { COLLECTOR_WINDOW, HostPairClock, fileWindow } from '#collector/reconstruct/clock/host-pair-clock.ts';
import type { ClockWindow } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { FIT_CONSTANT, FIT_INFEASIBLE, FIT_ZERO, HostPair } from '#collector/reconstruct/clock/host-pair.ts';
import { Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { perEdgeSkew } from '../../../oracle/per-edge-clock.ts';
import { traceRequest } from '../../../support/trace-builder.ts';
import type { PlainSpan } from '../../../support/trace-builder.ts';

interface Scenario {
  hosts: number;
  /** Standard deviation of the offsets, ns. */
  sigmaNs: number;
  /** Largest drift, parts per million, either way. */
  driftPpm: number;
  /** Share of calls over a queue. */
  asynchronous: number;
  window?: ClockWindow;
}

const TRACES = 2000;
/** A minute of traffic. */
const SPACING_NS = 30e6;
const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };

/** Deterministic numbers in [0, 1). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

interface Simulated {
  file: TraceFile;
  /** ns that must be added to a host's clock at a time to read it on host 0's. */
  truth: (host: number, timeNs: number) => number;
}

/** Every host calls a few others, 25 spans a trace; one way over the net takes 50 µs and an exponential 150 µs more. */
function simulate(scenario: Scenario): Simulated {
  const random = randomNumbers(scenario.hosts * 31 + scenario.sigmaNs + scenario.driftPpm);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const exponential = (mean: number): number => -mean * Math.log(1 - random());
  const network = (): number => 50_000 + exponential(150_000);
  const offsets = Array.from({ length: scenario.hosts }, () => normal() * scenario.sigmaNs);
  const drifts = Array.from({ length: scenario.hosts }, () =>
    scenario.driftPpm === 0 ? 0 : (random() < 0.5 ? -1 : 1) * (1 + random() * (scenario.driftPpm - 1)) * 1e-6,
  );
  const error = (host: number, time: number): number => offsets[host]! + drifts[host]! * time;
  const calls = Array.from({ length: scenario.hosts }, (_, host) =>
    Array.from({ length: 3 }, (_, i) => (host * 3 + i + 1 + Math.floor(random() * 2)) % scenario.hosts),
  );
  const file = new TraceFile(TRACES * 40);
  for (let trace = 0; trace < TRACES; trace++) {
    const spans: PlainSpan[] = [];
    const add = (host: number, parent: string | undefined, kind: number, from: number, to: number): string => {
      const id = (spans.length + 1).toString(16);
      const clock = (time: number): number => Math.round(time - error(host, time));
      spans.push({
        id,
        host: `h${host}`,
        service: `s${host}`,
        kind,
        start: clock(from),
        end: clock(to),
        ...(parent !== undefined && { parent }),
      });
      return id;
    };
    /** Serves one request from a time on; gives the time it is done. */
    const serve = (host: number, parent: string | undefined, kind: number, from: number, depth: number): number => {
      const place = spans.length;
      const id = add(host, parent, kind, from, from);
      let time = from + exponential(200_000);
      const count = depth >= 4 ? 0 : 1 + Math.floor(random() * 3);
      for (let i = 0; i < count && spans.length < 25; i++) {
        const target = calls[host]![Math.floor(random() * 3)]!;
        if (random() < scenario.asynchronous) {
          const producer = add(host, id, KIND.producer, time, time + 20_000);
          serve(target, producer, KIND.consumer, time + 20_000 + exponential(20e6), depth + 1);
          time += 30_000;
        } else {
          const clientPlace = spans.length;
          const client = add(host, id, KIND.client, time, time);
          const done = serve(target, client, KIND.server, time + network(), depth + 1) + network();
          spans[clientPlace]!.end = Math.round(done - error(host, done));
          time = done + exponential(50_000);
        }
      }
      time += exponential(200_000);
      spans[place]!.end = Math.round(time - error(host, time));
      return time;
    };
    serve(0, undefined, KIND.server, trace * SPACING_NS, 0);
    file.add(traceRequest((trace + 1).toString(16), spans));
  }
  return { file, truth: (host, time) => error(host, time) - error(0, time) };
}

function meanErrors(scenario: Scenario): { ours: number; perEdge: number; moved: number } {
  const { file, truth } = simulate(scenario);
  const reconstructor = new Reconstructor(new HostPairClock(scenario.window ?? fileWindow(file.spanMs())));
  const streaming = scenario.window !== undefined;
  if (!streaming) for (const id of file.ids()) reconstructor.observe(file.view(id)!);
  let ours = 0;
  let perEdge = 0;
  let moved = 0;
  let count = 0;
  for (const [trace, id] of file.ids().entries()) {
    const view = file.view(id)!;
    if (streaming) reconstructor.observe(view);
    const rebuilt = streaming ? reconstructor.finish(view) : reconstructor.run(view);
    const other = perEdgeSkew(rebuilt.dag, rebuilt.clock.hostOf);
    for (let node = 0; node < view.count; node++) {
      const slot = rebuilt.clock.hosts.slots[rebuilt.clock.hostOf[node]!]!;
      const expected = truth(Number(file.memory.hosts.text(slot).slice(1)), trace * SPACING_NS);
      ours += Math.abs(rebuilt.skewNs[node]! - expected);
      perEdge += Math.abs(other[node]! - expected);
      if (rebuilt.skewNs[node] !== 0) moved++;
      count++;
    }
  }
  return { ours: ours / count / 1000, perEdge: perEdge / count / 1000, moved };
}

describe('offsets of simulated clocks', () => {
  for (const hosts of [5, 20, 100]) {
    for (const sigmaNs of [2e6, 20e6]) {
      it(`are within 60 µs in the mean and ten times nearer than edge by edge: ${hosts} hosts, sigma ${sigmaNs / 1e6} ms, 20 % over queues`, () => {
        const { ours, perEdge } = meanErrors({ hosts, sigmaNs, driftPpm: 0, asynchronous: 0.2 });
        expect(ours).toBeLessThanOrEqual(60);
        expect(perEdge).toBeGreaterThanOrEqual(10 * ours);
      });

      it(`are within 100 µs in the mean while clocks drift by up to 50 ppm: ${hosts} hosts, sigma ${sigmaNs / 1e6} ms`, () => {
        const { ours, perEdge } = meanErrors({ hosts, sigmaNs, driftPpm: 50, asynchronous: 0.2 });
        expect(ours).toBeLessThanOrEqual(100);
        expect(perEdge).toBeGreaterThanOrEqual(10 * ours);
      });
    }
  }

  it('are learned while traces stream by, from the past alone', () => {
    const { ours, perEdge } = meanErrors({
      hosts: 20,
      sigmaNs: 20e6,
      driftPpm: 50,
      asynchronous: 0.2,
      window: COLLECTOR_WINDOW,
    });
    expect(ours).toBeLessThanOrEqual(1000);
    expect(perEdge).toBeGreaterThanOrEqual(5 * ours);
  });

  it('are 0 where clocks agree: not one span moves', () => {
    expect(meanErrors({ hosts: 20, sigmaNs: 0, driftPpm: 0, asynchronous: 0.2 }).moved).toBe(0);
  });
});

describe('one pair of hosts', () => {
  const SECOND = 1e9;
  const NOW = 1.7e18;

  it('fits 0 when 0 lies within the bounds, else the midpoint with its half width, else nothing', () => {
    const pair = new HostPair(0, 1, 16, 5 * SECOND);
    pair.bound(-100, 300, -100, Infinity, NOW);
    pair.estimate(NOW);
    expect([pair.fit, pair.offsetNs]).toEqual([FIT_ZERO, 0]);
    pair.bound(100, 500, 100, Infinity, NOW + SECOND);
    pair.estimate(NOW);
    expect([pair.fit, pair.offsetNs, pair.errorNs, pair.hard]).toEqual([FIT_CONSTANT, 200, 100, true]);
    pair.bound(400, 500, 400, Infinity, NOW + 2 * SECOND);
    pair.estimate(NOW);
    expect([pair.fit, pair.offsetNs]).toEqual([FIT_INFEASIBLE, 0]);
  });

  it('is not wiped by one trace from the far future, and follows when all traces are elsewhere', () => {
    const pair = new HostPair(0, 1, 16, 5 * SECOND);
    pair.bound(100, 300, 100, Infinity, NOW);
    pair.bound(-900, -700, -900, Infinity, 9e18);
    pair.estimate(NOW);
    expect(pair.offsetNs).toBe(200);
    for (let i = 0; i < 20; i++) pair.bound(-900, -700, -900, Infinity, 1.6e18 + i);
    pair.estimate(1.6e18);
    expect(pair.offsetNs).toBe(-800);
  });
});
