// One pass over an ExportLogsServiceRequest: checks it whole and notes where each record lies, with its resource and scope.
import { LOG_RECORD, LOGS_DATA, RESOURCE_LOGS, SCOPE_LOGS } from '#proto/otlp/fields.ts';
import { logsRequestSchema } from '#proto/otlp/schema.ts';
import { validateMessage } from '#proto/otlp/validate-message.ts';
import { WireReader } from '#proto/wire/reader.ts';
import { WireError } from '#proto/wire/wire-error.ts';
import type { InternedResources, InternedScopes } from '#collector/model/interned-resources.ts';

/** Distinct groups in one request; a batch of a Collector has hundreds at most. More would be memory for the asking. */
const MAX_GROUPS = 65_536;
/** Times are stored as signed 64-bit ns: until the year 2262. */
const MAX_TIME_HI = 0x7fff_ffff;
const NO_BYTES: Buffer = Buffer.alloc(0);

/** What a client reads when records were rejected. */
export const REJECTED_LOGS = 'log records with a time beyond the year 2262 were rejected';

export interface LogIndexTables {
  readonly resources: InternedResources;
  readonly scopes: InternedScopes;
}

/** Reused for every request; what it holds is valid until the next {@link index}. */
export class LogRequestIndex {
  /** Records that are to be stored: entries [0, count) of the arrays below. */
  count = 0;
  rejected = 0;
  /** Byte range of the LogRecord message within the body. */
  start: Uint32Array = new Uint32Array(1024);
  end: Uint32Array = new Uint32Array(1024);
  /** Slots, not retained: read what is needed before the tables are trimmed. */
  resource: Uint32Array = new Uint32Array(1024);
  scope: Uint32Array = new Uint32Array(1024);
  #groups = 0;
  readonly #tables: LogIndexTables;

  constructor(tables: LogIndexTables) {
    this.#tables = tables;
  }

  /** @returns undefined, or why the whole request is refused */
  index(body: Buffer): string | undefined {
    this.#tables.resources.trim();
    this.#tables.scopes.trim();
    this.count = 0;
    this.rejected = 0;
    this.#groups = 0;
    this.#tables.resources.trim();
    this.#tables.scopes.trim();
    try {
      validateMessage(logsRequestSchema, body);
    } catch (error) {
      if (error instanceof WireError) return `not a valid ExportLogsServiceRequest: ${error.short}`;
      throw error;
    }
    const reader = new WireReader(body);
    while (reader.pos < body.length) {
      const tag = reader.tag();
      if (tag !== LOGS_DATA.resourceLogs) reader.skip(tag);
      else this.#resourceLogs(body, reader.length(), reader);
      if (this.#groups > MAX_GROUPS) {
        this.count = 0;
        this.rejected = 0;
        return `more than ${MAX_GROUPS} resources and scopes in one request: send smaller batches`;
      }
    }
    return undefined;
  }

  #resourceLogs(body: Buffer, end: number, reader: WireReader): void {
    const first = this.count;
    let resource = NO_BYTES;
    let schemaUrl = NO_BYTES;
    while (reader.pos < end) {
      const tag = reader.tag();
      if (tag === RESOURCE_LOGS.scopeLogs) {
        this.#scopeLogs(body, reader.length(), reader);
        continue;
      }
      const from = payloadStart(tag, reader);
      if (tag === RESOURCE_LOGS.resource) resource = joined(resource, body.subarray(from, reader.pos));
      else if (tag === RESOURCE_LOGS.schemaUrl) schemaUrl = body.subarray(from, reader.pos);
    }
    if (this.count === first) return;
    this.#groups++;
    const slot = this.#tables.resources.intern(resource, 0, resource.length, schemaUrl, 0, schemaUrl.length);
    this.resource.fill(slot, first, this.count);
  }

  #scopeLogs(body: Buffer, end: number, reader: WireReader): void {
    const first = this.count;
    let scope = NO_BYTES;
    let schemaUrl = NO_BYTES;
    while (reader.pos < end) {
      const tag = reader.tag();
      const from = payloadStart(tag, reader);
      if (tag === SCOPE_LOGS.scope) scope = joined(scope, body.subarray(from, reader.pos));
      else if (tag === SCOPE_LOGS.logRecords) this.#record(body, from, reader.pos);
      else if (tag === SCOPE_LOGS.schemaUrl) schemaUrl = body.subarray(from, reader.pos);
    }
    if (this.count === first || this.#groups++ > MAX_GROUPS) return;
    const slot = this.#tables.scopes.intern(scope, 0, scope.length, schemaUrl, 0, schemaUrl.length);
    this.scope.fill(slot, first, this.count);
  }

  #record(body: Buffer, start: number, end: number): void {
    const reader = new WireReader(body, start, end);
    while (reader.pos < end) {
      const tag = reader.tag();
      if (tag !== LOG_RECORD.timeUnixNano && tag !== LOG_RECORD.observedTimeUnixNano) {
        reader.skip(tag);
        continue;
      }
      reader.fixed64();
      if (reader.hi > MAX_TIME_HI) {
        this.rejected++;
        return;
      }
    }
    if (this.count === this.start.length) this.#grow();
    this.start[this.count] = start;
    this.end[this.count] = end;
    this.count++;
  }

  #grow(): void {
    this.start = doubled(this.start);
    this.end = doubled(this.end);
    this.resource = doubled(this.resource);
    this.scope = doubled(this.scope);
  }
}

/** Skips a field and returns where its bytes begin: behind the length of a length-delimited one. */
function payloadStart(tag: number, reader: WireReader): number {
  if ((tag & 7) !== 2) {
    const at = reader.pos;
    reader.skip(tag);
    return at;
  }
  const end = reader.length();
  const from = reader.pos;
  reader.pos = end;
  return from;
}

/** A message field that comes twice is merged, which for bytes is concatenation. */
function joined(before: Buffer, more: Buffer): Buffer {
  return before.length === 0 ? more : Buffer.concat([before, more]);
}

function doubled(array: Uint32Array): Uint32Array {
  const grown = new Uint32Array(array.length * 2);
  grown.set(array);
  return grown;
}
