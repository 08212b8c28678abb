// What one shard has learnt about pairs of host clocks since the last time, as plain data: the bounds of each pair in its window. Bounds are merged by
// their highest and lowest, so that clocks that get the parts of all shards know what one clock would that has seen every trace.
import type { InternTable } from '../../model/intern-table.ts';
import { CELLS } from './host-pair.ts';
import type { HostPairClock } from './host-pair-clock.ts';

export interface ClockPart {
  readonly hosts: readonly string[];
  /** Two numbers of hosts per pair. */
  readonly pairs: Uint32Array;
  /** {@link HEAD} numbers per pair, and the cells of its buckets. */
  readonly numbers: Float64Array;
}

/** Newest bucket, hard bounds 2, edges and traces since the last part. */
const HEAD = 5;

/** Pairs that a trace has shown since the last call. */
export function flushClocks(clocks: HostPairClock, hosts: InternTable): ClockPart {
  const changed = [...clocks.changedPairs()];
  const length = HEAD + clocks.buckets * CELLS;
  const numbers = new Float64Array(changed.length * length);
  const numberOf = new Map<number, number>();
  const pairs = new Uint32Array(changed.length * 2);
  for (const [i, pair] of changed.entries()) {
    for (const [end, host] of [pair.a, pair.b].entries()) {
      if (!numberOf.has(host)) numberOf.set(host, numberOf.size);
      pairs[i * 2 + end] = numberOf.get(host)!;
    }
    const { edges, traces } = pair.report();
    numbers.set([pair.newest, pair.hardLowNs, pair.hardHighNs, edges, traces], i * length);
    const { chunk, base } = pair.cells;
    numbers.set(chunk.subarray(base, base + clocks.buckets * CELLS), i * length + HEAD);
  }
  return { hosts: Array.from(numberOf.keys(), (host) => hosts.text(host)), pairs, numbers };
}

/** @param hosts names of hosts by the numbers of `clocks` */
export function mergeClocks(
  { hosts: names, pairs, numbers }: ClockPart,
  clocks: HostPairClock,
  hosts: InternTable,
): void {
  const slots = names.map((name) => hosts.internText(name));
  const length = HEAD + clocks.buckets * CELLS;
  for (let i = 0; i * length < numbers.length; i++) {
    const [newest, hardLowNs, hardHighNs, edges, traces] = numbers.subarray(i * length, i * length + HEAD);
    const [a, b] = [slots[pairs[i * 2]!]!, slots[pairs[i * 2 + 1]!]!];
    const cells = numbers.subarray(i * length + HEAD, (i + 1) * length);
    clocks.mergePair(hosts, a, b, {
      newest: newest!,
      hardLowNs: hardLowNs!,
      hardHighNs: hardHighNs!,
      edges: edges!,
      traces: traces!,
      cells,
    });
  }
}
