// Makes what all stages of one shard share, with its bounds.

import { InternTable } from './intern-table.ts';
import { InternedResources, InternedScopes } from './interned-resources.ts';
import { SlabPool } from './slab-pool.ts';
import { SpanTable } from './span-table.ts';
import type { SpanMemory } from './trace.ts';

/** Names and services beyond these share one overflow slot: each costs memory that is never given back. */
const MAX_NAMES = 131_072;
const MAX_SERVICES = 16_384;
const MAX_HOSTS = 65_536;

/** Resources and scopes, and the names of services and hosts in them. */
export interface ResourceMemory {
  readonly resources: InternedResources;
  readonly scopes: InternedScopes;
  readonly services: InternTable;
  readonly hosts: InternTable;
}

/** {@link SpanMemory} as its owner sees it: with the tables that can be written. */
export interface OwnedSpanMemory extends SpanMemory, ResourceMemory {
  readonly resources: InternedResources;
  readonly scopes: InternedScopes;
}

/** @param seed 32 random bits for the hashes, so that peers cannot make names collide */
export function createResourceMemory(seed: number): ResourceMemory {
  const services = new InternTable(MAX_SERVICES, seed);
  const hosts = new InternTable(MAX_HOSTS, seed ^ 0x5bd1e995);
  return {
    resources: new InternedResources(services, hosts, seed ^ 0x1b873593),
    scopes: new InternedScopes(seed ^ 0x2c1b3c6d),
    services,
    hosts,
  };
}

/**
 * @param spanCapacity most buffered spans; untouched rows cost no memory.
 * @param seed 32 random bits for the hashes, so that peers cannot make names collide.
 */
export function createSpanMemory(spanCapacity: number, seed: number): OwnedSpanMemory {
  return {
    ...createResourceMemory(seed),
    spans: new SpanTable(spanCapacity),
    slabs: new SlabPool(),
    names: new InternTable(MAX_NAMES, seed ^ 0x27d4eb2f),
  };
}
