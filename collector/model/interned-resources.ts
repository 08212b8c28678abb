// The real resource and scope tables: interned messages, and from a resource the two names every stage asks for, service and host.

import { MessageTable, grown } from './message-table.ts';
import type { InternTable } from './intern-table.ts';
import type { ResourceTable, ScopeTable } from './resource-table.ts';
import { resourceAttributeTexts } from './resource-attributes.ts';

/** What a resource without service.name is called (OpenTelemetry's resource conventions). */
const UNKNOWN_SERVICE = 'unknown_service';

const KEYS = ['service.name', 'host.id', 'host.name', 'service.instance.id'];

export class InternedResources extends MessageTable implements ResourceTable {
  service = new Uint32Array(256);
  host = new Uint32Array(256);
  namesHost = new Uint8Array(256);
  readonly #services: InternTable;
  readonly #hosts: InternTable;

  constructor(services: InternTable, hosts: InternTable, seed?: number) {
    super(seed);
    this.#services = services;
    this.#hosts = hosts;
  }

  protected override added(slot: number): void {
    const [service, hostId, hostName, instance] = resourceAttributeTexts(this.messageOf(slot), KEYS);
    const serviceText = service || UNKNOWN_SERVICE;
    const host = hostId || hostName;
    this.service[slot] = this.#services.internText(serviceText);
    this.host[slot] = this.#hosts.internText(host || instance || serviceText);
    this.namesHost[slot] = host ? 1 : 0;
  }

  protected override grown(capacity: number): void {
    this.service = grown(this.service, capacity);
    this.host = grown(this.host, capacity);
    const longer = new Uint8Array(capacity);
    longer.set(this.namesHost);
    this.namesHost = longer;
  }
}

export class InternedScopes extends MessageTable implements ScopeTable {}
