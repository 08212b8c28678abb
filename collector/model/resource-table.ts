// Distinct OTLP resources and scopes, once each, shared by reference from the spans; slots without spans are kept a while, bounded.

/** Slots without a span that are kept before the oldest is removed. */
export const MAX_IDLE_ENTRIES = 16_384;

/** Contract of {@link ResourceTable} and {@link ScopeTable}: what is known of a slot. */
export interface ResourceTable {
  /** HOT: interned service name (service.name as text, else `unknown_service`) in memory.services. */
  readonly service: Uint32Array;
  /** HOT: interned host key (host.id, else host.name, else service.instance.id, else service.name) in memory.hosts. */
  readonly host: Uint32Array;
  /** 1 when the resource names its host (host.id or host.name); an instance or a service is no machine. */
  readonly namesHost: Uint8Array;
  /** First 8 bytes of SHA-256 over message and schema_url, big-endian words: the stored resource_id. */
  readonly idHi: Uint32Array;
  readonly idLo: Uint32Array;
  /** The Resource message. */
  messageOf(slot: number): Buffer;
  /** schema_url of the ResourceSpans / ResourceLogs that carried it. */
  schemaUrlOf(slot: number): Buffer;
}

export interface ScopeTable {
  readonly idHi: Uint32Array;
  readonly idLo: Uint32Array;
  /** The InstrumentationScope message. */
  messageOf(slot: number): Buffer;
  schemaUrlOf(slot: number): Buffer;
}
