// Each shard numbers services and virtual nodes by itself: their numbers for all shards.
import { EMPTY_SLOT, InternTable, OVERFLOW_SLOT } from '../../model/intern-table.ts';
import { VIRTUAL } from '../edges/edge-kind.ts';

const MAX_SERVICES = 16_384;
const MAX_VIRTUAL_NODES = 16_384;
const MAX_HOSTS = 65_536;
/** Slots that every table of names has: of the empty name, and of names that found no room. */
const FIXED = OVERFLOW_SLOT + 1;

/** Names that are new in a shard, in the order of its numbers. */
export interface NewNames {
  readonly services: readonly string[];
  readonly peers: readonly string[];
}

/** Names for all shards. */
export class GlobalNames {
  readonly services = new InternTable(MAX_SERVICES);
  readonly peers = new InternTable(MAX_VIRTUAL_NODES);
  readonly hosts = new InternTable(MAX_HOSTS);

  /** Text of a node: a service, or a virtual node from {@link VIRTUAL} on. */
  textOf(node: number): string {
    return node >= VIRTUAL ? this.peers.text(node - VIRTUAL) : this.services.text(node);
  }
}

/** Of one shard. */
export class ShardNumbers {
  readonly #names: GlobalNames;
  readonly #services: number[] = [EMPTY_SLOT, OVERFLOW_SLOT];
  readonly #peers: number[] = [EMPTY_SLOT, OVERFLOW_SLOT];

  constructor(names: GlobalNames) {
    this.#names = names;
  }

  add({ services, peers }: NewNames): void {
    for (const name of services) this.#services.push(this.#names.services.internText(name));
    for (const name of peers) this.#peers.push(this.#names.peers.internText(name));
  }

  /** HOT: a number below 0 is no service and stays. */
  service(service: number): number {
    return service < 0 ? service : (this.#services[service] ?? OVERFLOW_SLOT);
  }

  /** HOT: service or virtual node. */
  node(node: number): number {
    return node >= VIRTUAL ? VIRTUAL + (this.#peers[node - VIRTUAL] ?? OVERFLOW_SLOT) : this.service(node);
  }

  /** HOT: virtual node of a queue; the empty slot for none. @param queue number of the peer */
  queue(queue: number): number {
    return queue === EMPTY_SLOT ? EMPTY_SLOT : VIRTUAL + (this.#peers[queue] ?? OVERFLOW_SLOT);
  }
}

/** What a shard has named since the last time. */
export class NamesToSend {
  readonly #services: InternTable;
  readonly #peers: InternTable;
  #sentServices = FIXED;
  #sentPeers = FIXED;

  constructor(services: InternTable, peers: InternTable) {
    this.#services = services;
    this.#peers = peers;
  }

  /** HOT: per message. undefined: nothing. */
  flush(): NewNames | undefined {
    if (this.#services.size === this.#sentServices && this.#peers.size === this.#sentPeers) return undefined;
    const services = textsFrom(this.#services, this.#sentServices);
    const peers = textsFrom(this.#peers, this.#sentPeers);
    this.#sentServices += services.length;
    this.#sentPeers += peers.length;
    return { services, peers };
  }
}

function textsFrom(table: InternTable, from: number): string[] {
  const texts: string[] = [];
  for (let slot = from; slot < table.size; slot++) texts.push(table.text(slot));
  return texts;
}
