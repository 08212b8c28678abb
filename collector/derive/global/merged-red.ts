// RED over all shards: what they have counted since the last time is added up, in the rows that series are made of.
import { InternTable, OVERFLOW_SLOT } from '../../model/intern-table.ts';
import type { RedPart } from '../red/red-part.ts';
import { RedTable, type RedOptions, type RedSeries } from '../red/red-table.ts';

export class MergedRed {
  readonly table: RedTable;
  /** As many as there are rows, and as many that are new before the unused ones are forgotten. */
  readonly names: InternTable;
  readonly #row: RedSeries;

  constructor(options: RedOptions) {
    this.table = new RedTable(options);
    this.names = new InternTable(Math.max(16, options.capacity * 2));
    this.#row = {
      key: 0,
      service: 0,
      name: 0,
      kind: 0,
      status: 0,
      calls: 0,
      sumNs: 0,
      buckets: new Float64Array(0),
      newCalls: 0,
      newSumNs: 0,
      newBuckets: new Float64Array(0),
      createdMs: 0,
      sinceMs: 0,
      ended: false,
    };
  }

  /** @param serviceOf number of a service for all shards */
  add(part: RedPart, serviceOf: (service: number) => number): void {
    const row = this.#row;
    const width = this.table.boundsMs.length + 1;
    for (const [i, name] of part.names.entries()) {
      row.service = serviceOf(part.services[i]!);
      row.name = name === null ? OVERFLOW_SLOT : this.#nameSlot(name);
      row.kind = part.kinds[i]!;
      row.status = part.statuses[i]!;
      row.newCalls = part.calls[i]!;
      row.newSumNs = part.sumNs[i]!;
      row.newBuckets = part.buckets.subarray(i * width, (i + 1) * width);
      row.sinceMs = part.sinceMs[i]!;
      this.table.merge(row);
    }
  }

  #nameSlot(name: string): number {
    if (this.names.isCrowded) {
      const inUse = new Uint8Array(this.names.capacity);
      this.table.markNames(inUse);
      this.names.release(inUse);
    }
    return this.names.internText(name);
  }
}
