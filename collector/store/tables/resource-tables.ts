// Encodes distinct resources and instrumentation scopes from their OTLP messages.
import { RESOURCES_TABLE } from '#proto/tables/resources.ts';
import { SCOPES_TABLE } from '#proto/tables/scopes.ts';
import { WireWalk } from '#proto/wire/walk.ts';
import { INSTRUMENTATION_SCOPE, RESOURCE } from '#proto/otlp/fields.ts';
import { AttributesColumns } from './attributes-columns.ts';
import { BlockTable } from './block-table.ts';

export interface ResourceRow {
  /** First 8 bytes of SHA-256 over message and schema_url, big-endian words. */
  idHi: number;
  idLo: number;
  service: string;
  host: string;
  schemaUrl: Buffer;
  /** The Resource message. */
  message: Buffer;
}

export class ResourcesTable extends BlockTable<typeof RESOURCES_TABLE> {
  readonly #fields = new WireWalk();
  readonly #id = this.columns.id;
  readonly #service = this.columns.service;
  readonly #host = this.columns.host;
  readonly #schemaUrl = this.columns.schema_url;
  readonly #attributes = new AttributesColumns(this.columns);

  constructor() {
    super(RESOURCES_TABLE);
  }

  append(row: ResourceRow): void {
    this.#id.appendHalves(row.idHi, row.idLo);
    this.#service.appendText(row.service);
    this.#host.appendText(row.host);
    this.#schemaUrl.append(row.schemaUrl, 0, row.schemaUrl.length);
    const { message } = row;
    const fields = this.#fields;
    fields.open(message, 0, message.length);
    while (fields.next())
      if (fields.tag === RESOURCE.attributes) this.#attributes.append(message, fields.from, fields.to);
    this.#attributes.endRow();
    this.endRow(row.message.length);
  }
}

export interface ScopeRow {
  idHi: number;
  idLo: number;
  schemaUrl: Buffer;
  /** The InstrumentationScope message. */
  message: Buffer;
}

export class ScopesTable extends BlockTable<typeof SCOPES_TABLE> {
  readonly #fields = new WireWalk();
  readonly #id = this.columns.id;
  readonly #name = this.columns.name;
  readonly #version = this.columns.version;
  readonly #schemaUrl = this.columns.schema_url;
  readonly #attributes = new AttributesColumns(this.columns);

  constructor() {
    super(SCOPES_TABLE);
  }

  append(row: ScopeRow): void {
    const bytes = row.message;
    let nameStart = 0;
    let nameEnd = 0;
    let versionStart = 0;
    let versionEnd = 0;
    const fields = this.#fields;
    fields.open(bytes, 0, bytes.length);
    while (fields.next()) {
      if (fields.tag === INSTRUMENTATION_SCOPE.name) {
        nameStart = fields.from;
        nameEnd = fields.to;
      } else if (fields.tag === INSTRUMENTATION_SCOPE.version) {
        versionStart = fields.from;
        versionEnd = fields.to;
      } else if (fields.tag === INSTRUMENTATION_SCOPE.attributes) {
        this.#attributes.append(bytes, fields.from, fields.to);
      }
    }
    this.#attributes.endRow();
    this.#id.appendHalves(row.idHi, row.idLo);
    this.#name.append(bytes, nameStart, nameEnd);
    this.#version.append(bytes, versionStart, versionEnd);
    this.#schemaUrl.append(row.schemaUrl, 0, row.schemaUrl.length);
    this.endRow(row.message.length);
  }
}
