// Writes the resources and scopes that rows point at, each once: shared by spans and logs.
import type { SpanMemory } from '#collector/model/trace.ts';
import type { StoreTables } from '#collector/store/tables/store-tables.ts';
import { WrittenLately } from './written-lately.ts';

export class IdentityKeeper {
  readonly #memory: SpanMemory;
  readonly #tables: StoreTables;
  readonly #resources = new WrittenLately();
  readonly #scopes = new WrittenLately();

  constructor(memory: SpanMemory, tables: StoreTables) {
    this.#memory = memory;
    this.#tables = tables;
  }

  /** Sees to it that the store knows the resource in this slot. */
  resource(slot: number, nowMs: number): void {
    const { resources, services, hosts } = this.#memory;
    const idHi = resources.idHi[slot]!;
    const idLo = resources.idLo[slot]!;
    if (!this.#resources.isDue(idHi, idLo, nowMs)) return;
    this.#tables.resources.append({
      idHi,
      idLo,
      service: services.text(resources.service[slot]!),
      host: hosts.text(resources.host[slot]!),
      schemaUrl: resources.schemaUrlOf(slot),
      message: resources.messageOf(slot),
    });
  }

  scope(slot: number, nowMs: number): void {
    const { scopes } = this.#memory;
    const idHi = scopes.idHi[slot]!;
    const idLo = scopes.idLo[slot]!;
    if (!this.#scopes.isDue(idHi, idLo, nowMs)) return;
    this.#tables.scopes.append({ idHi, idLo, schemaUrl: scopes.schemaUrlOf(slot), message: scopes.messageOf(slot) });
  }
}
