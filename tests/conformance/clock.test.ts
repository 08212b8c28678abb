// Clock offsets of the captures, within what expected/clock/offset-bounds.csv allows by pair of services.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { HostPairClock, fileWindow } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import { loadCapture } from '../support/capture-traces.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';

interface Outcome {
  traces: number;
  /** Distinct corrections per service in µs, traces without correction included. */
  offsets: Map<string, Set<number>>;
  errors: Map<string, number>;
  /** Corrections of the child's clock against the parent's, per `parent,child`. */
  relative: Map<string, Set<number>>;
  tracesEarly: number;
  /** Edges that were whole and are not any more. */
  newlyEarly: number;
  newlyLate: number;
  infeasible: number;
  fits: Map<string, number>;
}

function add(map: Map<string, Set<number>>, key: string, value: number): void {
  const set = map.get(key) ?? new Set();
  map.set(key, set.add(value));
}

async function correct(path: string): Promise<Outcome> {
  const file = await loadCapture(path);
  const method = new HostPairClock(fileWindow(file.spanMs()));
  const reconstructor = new Reconstructor(method);
  const { spans, resources, services } = file.memory;
  for (const id of file.ids()) reconstructor.observe(file.view(id)!);
  const out: Outcome = {
    traces: 0,
    offsets: new Map(),
    errors: new Map(),
    relative: new Map(),
    tracesEarly: 0,
    newlyEarly: 0,
    newlyLate: 0,
    infeasible: 0,
    fits: new Map(),
  };
  for (const id of file.ids()) {
    const view = file.view(id)!;
    const rebuilt = reconstructor.run(view);
    const { dag } = rebuilt;
    out.traces++;
    out.infeasible += dag.warnings.total[11]!;
    let early = false;
    for (let node = 0; node < dag.count; node++) {
      const service = services.text(resources.service[spans.resource[dag.rows[node]!]!]!);
      add(out.offsets, service, rebuilt.skewNs[node]! / 1000);
      out.errors.set(service, rebuilt.skewErrorNs[node]! / 1000);
      const parent = dag.parent[node]!;
      if (parent < 0) continue;
      const parentService = services.text(resources.service[spans.resource[dag.rows[parent]!]!]!);
      if (parentService !== service)
        add(out.relative, `${parentService},${service}`, (rebuilt.skewNs[node]! - rebuilt.skewNs[parent]!) / 1000);
      if (rebuilt.startNs[node]! < rebuilt.startNs[parent]!) {
        early = true;
        if (dag.startNs[node]! >= dag.startNs[parent]!) out.newlyEarly++;
      }
      if (rebuilt.endNs[node]! > rebuilt.endNs[parent]! && dag.endNs[node]! <= dag.endNs[parent]!) out.newlyLate++;
    }
    if (early) out.tracesEarly++;
  }
  for (const { fit } of method.offsets(file.memory)) out.fits.set(fit, (out.fits.get(fit) ?? 0) + 1);
  return out;
}

function one(set: Set<number> | undefined): number {
  expect(set?.size).toBe(1);
  return [...set!][0]!;
}

describeWithData('clock offsets of the captures', () => {
  it('hotel_load50: one offset of the machine behind search and reservation, and no child before its parent', async () => {
    const got = await correct('otlp/hotel_load50.otlp.pb.frames');
    for (const service of ['search', 'geo', 'rate', 'reservation']) {
      const offset = one(got.offsets.get(service));
      expect(offset).toBeGreaterThanOrEqual(2300);
      expect(offset).toBeLessThanOrEqual(3600);
      expect(got.errors.get(service)).toBeGreaterThan(500);
    }
    expect(one(got.offsets.get('frontend'))).toBe(0);
    expect(one(got.offsets.get('profile'))).toBe(0);
    expect(got.tracesEarly).toBe(0);
    expect(got.newlyLate).toBe(0);
  });

  it('hotel_load25: late ends alone are evidence enough, in all 300 traces', async () => {
    const got = await correct('jaeger/hotel_load25.jsonl');
    for (const service of ['search', 'geo', 'rate', 'reservation']) {
      const offset = one(got.offsets.get(service));
      expect(offset).toBeGreaterThanOrEqual(-1940);
      expect(offset).toBeLessThanOrEqual(-650);
    }
    expect(one(got.offsets.get('profile'))).toBe(0);
    expect(got.newlyEarly + got.newlyLate).toBe(0);
  });

  it('online-boutique: only adservice moves', async () => {
    const got = await correct('otlp/online-boutique-9min.otlp.pb.frames');
    const moved = [...got.offsets].filter(([, offsets]) => one(offsets) !== 0).map(([service]) => service);
    expect(moved).toEqual(['adservice']);
    const offset = one(got.offsets.get('adservice'));
    expect(offset).toBeGreaterThanOrEqual(350);
    expect(offset).toBeLessThanOrEqual(540);
    expect(got.tracesEarly).toBe(0);
    expect(got.newlyEarly + got.newlyLate).toBe(0);
  });

  it('media_load100: nothing moves', async () => {
    const got = await correct('otlp/media_load100.otlp.pb.frames');
    for (const offsets of got.offsets.values()) expect(one(offsets)).toBe(0);
  });

  it('train-ticket: pairs that fit no offset are left alone, no whole edge is broken, nothing moves beyond its interval', async () => {
    const got = await correct('otlp/train-ticket-12min.otlp.pb.frames');
    expect(got.newlyEarly + got.newlyLate).toBe(0);
    expect(got.infeasible).toBeGreaterThan(0);
    expect(Object.fromEntries(got.fits)).toEqual({ infeasible: 25, zero: 9, constant: 21 });
    const wrong: string[] = [];
    for (const line of readFileSync(sharedData('expected/clock/offset-bounds.csv'), 'utf8').trim().split('\n')) {
      const [capture, parent, child, , low, high, feasible, zeroFits] = line.split(',');
      if (capture !== 'train-ticket-12min') continue;
      for (const shift of got.relative.get(`${parent},${child}`) ?? []) {
        const within = shift >= Number(low) && shift <= Number(high);
        if (shift !== 0 && (feasible === '0' || zeroFits === '1' || !within)) wrong.push(`${line}: ${shift}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
