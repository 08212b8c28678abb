// Writes the resources and scopes that rows point at, each once: those of spans and of logs.
import type { ResourceMemory } from '#collector/model/span-memory.ts';
import type { ResourceRow, ScopeRow } from '#collector/store/tables/resource-tables.ts';
import type { IdentityTables } from './trace-tables.ts';
import { RENEW_MS, WrittenLately } from './written-lately.ts';

/** Keepers offer what is in use twice as often as it is written again, so that one keeper's offer does not put off another's for long. */
const OFFER_MS = RENEW_MS / 2;

/** Of the slots of one memory. */
export class IdentityKeeper {
  readonly #memory: ResourceMemory;
  readonly #tables: IdentityTables;
  readonly #resources = new WrittenLately(OFFER_MS);
  readonly #scopes = new WrittenLately(OFFER_MS);

  constructor(memory: ResourceMemory, tables: IdentityTables) {
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

/** The tables of the store, where several keepers offer the same: each is written once by all of them together. */
export class WrittenIdentities implements IdentityTables {
  readonly resources = {
    append: (row: ResourceRow): void => {
      if (this.#resources.isDue(row.idHi, row.idLo, this.#nowMs())) this.#tables.resources.append(row);
    },
  };
  readonly scopes = {
    append: (row: ScopeRow): void => {
      if (this.#scopes.isDue(row.idHi, row.idLo, this.#nowMs())) this.#tables.scopes.append(row);
    },
  };
  readonly #tables: IdentityTables;
  readonly #nowMs: () => number;
  readonly #resources = new WrittenLately();
  readonly #scopes = new WrittenLately();

  constructor(tables: IdentityTables, nowMs: () => number) {
    this.#tables = tables;
    this.#nowMs = nowMs;
  }
}
