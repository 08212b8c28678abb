// Clocks that get each other's parts know what one clock knows that has seen every trace.
import { expect, test } from 'vitest';
import { flushClocks, mergeClocks } from '#collector/reconstruct/clock/clock-part.ts';
import { HostPairClock, type HostOffset } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { traceRequest } from '#tests/support/trace-builder.ts';

const HOSTS = 5;
const SERVER = 2;
const CLIENT = 3;

/** Deterministic numbers in [0, 1). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

/** A clock, and the names it has numbers for. */
class Seen {
  readonly clock = new HostPairClock();
  readonly file = new TraceFile(20_000);
  readonly #reconstructor = new Reconstructor(this.clock);

  observe(trace: Buffer): void {
    const before = new Set(this.file.ids());
    this.file.add(trace);
    for (const id of this.file.ids()) if (!before.has(id)) this.#reconstructor.observe(this.file.view(id)!);
  }

  offsets(): HostOffset[] {
    return [...this.clock.offsets(this.file.memory)].toSorted((a, b) =>
      `${a.host} ${a.relativeTo}` < `${b.host} ${b.relativeTo}` ? -1 : 1,
    );
  }
}

test.each([1, 2, 3, 4])('in any order, over parts that come again and again (seed %i)', (seed) => {
  const random = randomNumbers(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const offsets = Array.from({ length: HOSTS }, () => below(20_000_000));
  const all = new Seen();
  const shards = [new Seen(), new Seen(), new Seen()];
  for (let trace = 1; trace <= 120; trace++) {
    const caller = below(HOSTS);
    const callee = (caller + 1 + below(HOSTS - 1)) % HOSTS;
    const start = trace * 300_000_000;
    const length = 1_000_000 + below(9_000_000);
    const early = below(400_000);
    const request = traceRequest(trace.toString(16), [
      {
        id: '1',
        host: `h${caller}`,
        kind: CLIENT,
        start: start + offsets[caller]!,
        end: start + length + offsets[caller]!,
      },
      {
        id: '2',
        parent: '1',
        host: `h${callee}`,
        kind: SERVER,
        start: start + early + offsets[callee]!,
        end: start + length - below(400_000) + offsets[callee]!,
      },
    ]);
    all.observe(request);
    shards[below(shards.length)]!.observe(request);
    if (below(10) > 0 && trace < 120) continue;
    const parts = shards.map(({ clock, file }) => structuredClone(flushClocks(clock, file.memory.hosts)));
    for (const [to, shard] of shards.entries())
      for (const [from, part] of parts.entries())
        if (from !== to) mergeClocks(part, shard.clock, shard.file.memory.hosts);
  }
  expect(all.offsets().length).toBeGreaterThan(3);
  for (const shard of shards) expect(shard.offsets()).toEqual(all.offsets());
});
