// Bytes of what is remembered beyond one trace: clock bounds per pair of hosts, producers, spans that wait for their caller. Prints JSON.
// Run: node --expose-gc tests/bench/remembered.bench.ts
import { SpanRing } from '#collector/derive/span-ring/span-ring.ts';
import { WaitingCallees } from '#collector/derive/global/waiting-callees.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';

/** As many as the collector remembers. */
const PAIRS = 16_384;
const ENTRIES = 262_144;
/** A trace goes once round this many hosts. */
const HOSTS_PER_TRACE = 64;
const SERVER = 2;
const CLIENT = 3;
const collect = (globalThis as { gc?: () => void }).gc ?? ((): void => {});

function held(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Calls along a chain of hosts, one pair each. */
function chain(first: number): PlainSpan[] {
  const spans: PlainSpan[] = [];
  for (let i = 0; i <= HOSTS_PER_TRACE; i++) {
    const host = `h${first + i}`;
    const parent = spans.at(-1)?.id;
    spans.push({
      id: (i * 2 + 1).toString(16),
      ...(parent !== undefined && { parent }),
      host,
      kind: SERVER,
      start: i * 10,
      end: 10_000 - i * 10,
    });
    spans.push({
      id: (i * 2 + 2).toString(16),
      parent: spans.at(-1)!.id,
      host,
      kind: CLIENT,
      start: i * 10 + 3,
      end: 10_000 - i * 10 - 3,
    });
  }
  return spans;
}

/** All buckets of a pair's window have their room from the start, whether they are in use or not. */
function pairBytes(): number {
  const clock = new HostPairClock();
  const rebuild = new Reconstructor(clock);
  const file = new TraceFile((PAIRS / HOSTS_PER_TRACE) * (HOSTS_PER_TRACE + 1) * 2);
  for (let first = 0; first < PAIRS; first += HOSTS_PER_TRACE)
    file.add(traceRequest((first + 1).toString(16), chain(first)));
  const views = file.ids().map((id) => file.view(id)!);
  rebuild.observe(views[0]!);
  const before = held();
  for (const view of views) rebuild.observe(view);
  const pairs = [...clock.offsets(file.memory)].length;
  if (pairs < PAIRS - HOSTS_PER_TRACE || views.length === 0) throw new Error(`only ${pairs} pairs were seen`);
  const bytes = held() - before;
  rebuild.observe(views[0]!);
  return bytes / (pairs - HOSTS_PER_TRACE);
}

function bytesOf<T>(make: () => T, fill: (memory: T, i: number) => void): number {
  const before = held();
  const memory = make();
  for (let i = 0; i < ENTRIES * 2; i++) fill(memory, i);
  const bytes = held() - before;
  fill(memory, 0);
  return bytes / ENTRIES;
}

const TIMES = { startHi: 2, startLo: 3, endHi: 4, endLo: 5 };
const producer = bytesOf(
  () => new SpanRing(ENTRIES),
  (memory, i) => memory.add({ id0: 1, id1: 2, id2: 3, id3: i, spanHi: i, spanLo: i }, 1, 1, 2, 3),
);
const waiting = bytesOf(
  () => new WaitingCallees(ENTRIES, 1000),
  (memory, i) => memory.add({ id0: 1, id1: 2, id2: 3, id3: i, spanHi: i, spanLo: i + 1 }, 1, 1, TIMES),
);
const rounded = (bytes: number): number => Number(bytes.toFixed(1));
console.log(
  JSON.stringify({
    bench: 'bytes remembered',
    hostPair: rounded(pairBytes()),
    producer: rounded(producer),
    waitingCallee: rounded(waiting),
  }),
);
