// Which reporting service a peer name means: the service of that name, or of its first DNS label (`cart.shop.svc` is cart).
import type { InternTable } from '../../model/intern-table.ts';

const UNKNOWN = -1;

export class ServiceNames {
  readonly #services: InternTable;
  readonly #peerName: (peer: number) => string;
  readonly #slots = new Map<string, number>();
  /** Services that are in the map. */
  #known = 2;
  /** Per peer slot: service slot + 1, 0 when unknown, and how many services were known when it was looked up. As bounded as the peers. */
  readonly #found: number[] = [];
  readonly #askedAt: number[] = [];

  constructor(services: InternTable, peerName: (peer: number) => string) {
    this.#services = services;
    this.#peerName = peerName;
  }

  /** Slot of the service that a peer is, -1 when none of that name has reported. */
  serviceOf(peer: number): number {
    if (this.#askedAt[peer] === this.#services.size || (this.#found[peer] ?? 0) > 0)
      return (this.#found[peer] ?? 0) - 1;
    for (; this.#known < this.#services.size; this.#known++)
      this.#slots.set(this.#services.text(this.#known), this.#known);
    const name = this.#peerName(peer);
    const dot = name.indexOf('.');
    const slot = this.#slots.get(name) ?? (dot > 0 ? this.#slots.get(name.slice(0, dot)) : undefined) ?? UNKNOWN;
    this.#found[peer] = slot + 1;
    this.#askedAt[peer] = this.#services.size;
    return slot;
  }
}
