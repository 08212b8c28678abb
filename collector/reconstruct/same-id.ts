// Spans that share an id within a trace: exact copies are dropped, a Zipkin client and server pair is split, the rest is kept with a warning.
import { fnv1a, FNV_START } from '#proto/model/hash.ts';
import { KIND_CLIENT, KIND_SERVER } from '#proto/otlp/enums.ts';
import type { SpanMemory } from '../model/trace.ts';
import type { SpanIdIndex } from './span-id-index.ts';
import type { TraceWarnings } from './warnings.ts';
import { WARN_CONFLICTING_SPAN, WARN_SHARED_SPAN_ID } from './warnings.ts';

/** Columns of the DAG that the splitting reads and writes; nodes [0, count) are spans. */
export interface SameIdColumns {
  readonly memory: SpanMemory;
  readonly rows: Int32Array;
  readonly count: number;
  readonly idHi: Uint32Array;
  readonly idLo: Uint32Array;
  /** Next node with the same id, -1 at the end; settled chains are taken apart. Copies that were dropped are in none. */
  readonly nextSame: Int32Array;
  /** Of a client span that shares its id: the server span, else -1. */
  readonly twin: Int32Array;
  /** Place of a span among those with its id, 0 for the one that stands for it. */
  readonly rank: Int32Array;
  /** Of the server half of a shared id: the client node that is its parent, else -1. */
  readonly fixedParent: Int32Array;
}

/** FNV-1a over the bytes of a span and its resource. */
function contentHash(memory: SpanMemory, row: number): number {
  const bytes = memory.slabs.bytes(memory.spans.slab[row]!);
  const from = memory.spans.offset[row]!;
  const to = from + memory.spans.length[row]!;
  const hash = fnv1a(bytes, from, to, FNV_START ^ memory.spans.resource[row]!);
  return hash ^ (hash >>> 15);
}

/** Below 0, 0 or above 0 as the bytes of span a are before, equal to or after those of b. */
function compareContent(memory: SpanMemory, a: number, b: number): number {
  const { spans, slabs } = memory;
  const fromA = spans.offset[a]!;
  const fromB = spans.offset[b]!;
  return slabs
    .bytes(spans.slab[a]!)
    .compare(slabs.bytes(spans.slab[b]!), fromB, fromB + spans.length[b]!, fromA, fromA + spans.length[a]!);
}

/**
 * Whether a span whose id node `held` has too is byte for byte one that came before.
 * @param seen nodes by the hash of their content, filled here; it keeps a trace of 100,000 spans with one id linear
 */
export function isCopy(
  memory: SpanMemory,
  rows: Int32Array,
  idLo: Uint32Array,
  node: number,
  held: number,
  seen: Map<number, number[]>,
): boolean {
  const heldHash = contentHash(memory, rows[held]!) ^ idLo[held]!;
  const heldNodes = seen.get(heldHash);
  if (heldNodes === undefined) seen.set(heldHash, [held]);
  else if (!heldNodes.includes(held)) heldNodes.push(held);
  const hash = contentHash(memory, rows[node]!) ^ idLo[node]!;
  const alike = seen.get(hash);
  if (alike === undefined) {
    seen.set(hash, [node]);
    return false;
  }
  const row = rows[node]!;
  for (const other of alike) {
    const otherRow = rows[other]!;
    if (memory.spans.resource[row] === memory.spans.resource[otherRow] && compareContent(memory, row, otherRow) === 0)
      return true;
  }
  alike.push(node);
  return false;
}

/** Whether a stands for its id rather than b: earlier start, then later end, then bytes, so that arrival order is of no account. */
function standsBefore(memory: SpanMemory, a: number, b: number): boolean {
  const s = memory.spans;
  if (s.startHi[a] !== s.startHi[b]) return s.startHi[a]! < s.startHi[b]!;
  if (s.startLo[a] !== s.startLo[b]) return s.startLo[a]! < s.startLo[b]!;
  if (s.endHi[a] !== s.endHi[b]) return s.endHi[a]! > s.endHi[b]!;
  if (s.endLo[a] !== s.endLo[b]) return s.endLo[a]! > s.endLo[b]!;
  const order = compareContent(memory, a, b);
  if (order !== 0) return order < 0;
  return serviceText(memory, a) < serviceText(memory, b);
}

function serviceText(memory: SpanMemory, row: number): string {
  return memory.services.text(memory.resources.service[memory.spans.resource[row]!]!);
}

/** Settles every chain of spans with one id, heads in arrival order. */
export function settleSharedIds(
  c: SameIdColumns,
  index: SpanIdIndex,
  warnings: TraceWarnings,
  droppedOf: Uint8Array,
): void {
  const kind = c.memory.spans.kind;
  for (let head = 0; head < c.count; head++) {
    if (droppedOf[head] === 1 || c.nextSame[head] === -1 || index.find(c.idHi[head]!, c.idLo[head]!) !== head) continue;
    const chain: number[] = [];
    for (let node = head; node >= 0;) {
      chain.push(node);
      const next = c.nextSame[node]!;
      c.nextSame[node] = -1;
      node = next;
    }
    chain.sort((a, b) => (standsBefore(c.memory, c.rows[a]!, c.rows[b]!) ? -1 : 1));
    for (let i = 0; i < chain.length; i++) c.rank[chain[i]!] = i;
    const client = chain.find((node) => kind[c.rows[node]!] === KIND_CLIENT) ?? -1;
    const server = chain.find((node) => kind[c.rows[node]!] === KIND_SERVER) ?? -1;
    const shared = client >= 0 && server >= 0;
    const canonical = shared ? client : chain[0]!;
    for (const node of chain)
      if (node !== canonical && !(shared && node === server)) warnings.add(WARN_CONFLICTING_SPAN, node);
    if (canonical !== head) index.replace(head, canonical);
    if (!shared) continue;
    c.twin[client] = server;
    c.fixedParent[server] = client;
    renameServer(c, index, server);
    warnings.add(WARN_SHARED_SPAN_ID, server);
  }
}

/** Gives the server half an id of its own, derived from the shared one so that links to it hold; steps on while it is taken. */
function renameServer(c: SameIdColumns, index: SpanIdIndex, server: number): void {
  let hi = c.idHi[server]!;
  let lo = c.idLo[server]!;
  do {
    hi = (Math.imul(hi ^ (lo >>> 7), 0x85ebca6b) ^ 0x5bd1e995) >>> 0;
    lo = (Math.imul(lo ^ (hi >>> 11), 0xc2b2ae35) ^ 0x27d4eb2f) >>> 0;
  } while ((hi === 0 && lo === 0) || index.find(hi, lo) >= 0);
  c.idHi[server] = hi;
  c.idLo[server] = lo;
  index.insert(server);
}
