// A load for the stage under test: traces of several services and sizes, some with a late span, the same for every seed but for their ids.
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';
import { MS_PER_STEP, type StageUnderTest } from './stage-under-test.ts';

/** A repeatable stream of numbers below 2^32 (splitmix32). */
export function numbers(seed: number): () => number {
  // Streams of neighbouring seeds must not be the same stream a few steps apart.
  let state = Math.imul(seed ^ 0x2545f491, 0x85ebca6b) ^ Math.imul(seed, seed);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

export const SERVICES = 6;
const TRACES_PER_SECOND = 60;
const SECONDS = 8;

export interface Shape {
  atMs: number;
  service: string;
  spans: number;
  errors: number;
  /** ms after the trace's last span when one more comes; 0 = none. */
  lateMs: number;
}

/** What is sent is the same for every seed; only ids, and so randomness, differ. @param errorEvery traces, one has an error */
export function shapes(errorEvery = 10): Shape[] {
  const random = numbers(42);
  return Array.from({ length: TRACES_PER_SECOND * SECONDS }, (_, i) => ({
    atMs: Math.floor((i * 1000) / TRACES_PER_SECOND / MS_PER_STEP) * MS_PER_STEP,
    service: `s${Math.floor(Math.sqrt(random() % (SERVICES * SERVICES)))}`,
    spans: random() % 40 === 0 ? 20 : 1 + (random() % 5),
    errors: random() % errorEvery === 0 ? 1 : 0,
    lateMs: [0, 0, 0, 500, 3000][random() % 5]!,
  }));
}

export function spansOf(shape: Shape): PlainSpan[] {
  return Array.from({ length: shape.spans }, (_, i) => ({
    id: String(i + 1),
    ...(i > 0 && { parent: '1' }),
    service: shape.service,
    start: i,
    end: i + 10,
    ...(i < shape.errors && { status: 2 }),
  }));
}

export const LATE: PlainSpan = { id: '99', parent: '1', start: 5, end: 6 };

const SOME_ID = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const bodies = new Map<string, { body: Buffer; idAt: number[] }>();

/** A request like one made before but for the trace id; it is overwritten by the next of its kind. */
function bodyOf(kind: string, spans: () => readonly PlainSpan[], traceId: string): Buffer {
  let known = bodies.get(kind);
  if (known === undefined) {
    const body = traceRequest(SOME_ID, spans());
    const idAt: number[] = [];
    for (let at = body.indexOf(SOME_ID, 0, 'hex'); at >= 0; at = body.indexOf(SOME_ID, at + 1, 'hex')) idAt.push(at);
    known = { body, idAt };
    bodies.set(kind, known);
  }
  for (const at of known.idAt) known.body.write(traceId, at, 'hex');
  return known.body;
}

/** Sends the load with ids made of the seed, and waits until all is decided. @param onStep called before each step of the clock, ms since the start */
export function run(
  under: StageUnderTest,
  load: readonly Shape[],
  seed: number,
  onStep: (atMs: number) => void = () => {},
): void {
  const random = numbers(seed + 1);
  const events: { atMs: number; send: () => void }[] = [];
  for (const shape of load) {
    const id = Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('');
    events.push({
      atMs: shape.atMs,
      send: () => under.sendBody(bodyOf(`${shape.service} ${shape.spans} ${shape.errors}`, () => spansOf(shape), id)),
    });
    if (shape.lateMs > 0)
      events.push({
        atMs: shape.atMs + shape.lateMs,
        send: () => under.sendBody(bodyOf(shape.service, () => [{ ...LATE, service: shape.service }], id)),
      });
  }
  events.sort((a, b) => a.atMs - b.atMs);
  const began = under.nowMs;
  for (const { atMs, send } of events) {
    while (began + atMs > under.nowMs) {
      under.pass(MS_PER_STEP);
      onStep(under.nowMs - began);
    }
    send();
  }
  under.pass(4000);
}

/** What the weights of what was kept add up to, by key: all spans, errors, spans per service. */
export function totalsOf(under: StageUnderTest): Map<string, number> {
  const totals = new Map<string, number>();
  for (const part of [...under.kept.values()].flat()) {
    for (const [key, value] of [
      ['spans', part.spans],
      ['errors', part.errors],
      [part.service, part.spans],
    ] as const) {
      totals.set(key, (totals.get(key) ?? 0) + value * part.weight);
    }
  }
  return totals;
}

/** The truth for {@link totalsOf}: of the services that are not left out. */
export function truthOf(load: readonly Shape[], leftOut: string): Map<string, number> {
  const truth = new Map<string, number>();
  for (const shape of load) {
    if (shape.service === leftOut) continue;
    const spans = shape.spans + (shape.lateMs > 0 ? 1 : 0);
    for (const [key, value] of [
      ['spans', spans],
      ['errors', shape.errors],
      [shape.service, spans],
    ] as const)
      truth.set(key, (truth.get(key) ?? 0) + value);
  }
  return truth;
}
