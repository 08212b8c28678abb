// What a call between two services is counted as.

export const EDGE_RPC = 0;
export const EDGE_DB = 1;
export const EDGE_QUEUE = 2;
export const EDGE_EXTERNAL = 3;
export const EDGE_INTERNAL = 4;
export const EDGE_KINDS = ['rpc', 'db', 'queue', 'external', 'internal'] as const;
export type EdgeKind = (typeof EDGE_KINDS)[number];

/** Facts of a call. */
export const CALL_FAILED = 1;
/** A client span and the server span below it. */
export const CALL_CLIENT_SERVER = 2;
/** Kinds of edges that a minute has room for. */
export const KINDS_OF_MINUTE = 8;

/** HOT: kind of an edge and the minute in which it is counted. @param minute Unix minutes of the start of the call */
export function callSlot(kind: number, minute: number): number {
  return minute * KINDS_OF_MINUTE + kind;
}
