// Names what a span without a child talks to (database, queue, other host) from its attributes, old and new conventions alike.
// Attributes: OpenTelemetry semantic conventions for databases, messaging and general attributes (https://opentelemetry.io/docs/specs/semconv/).
import { WireWalk } from '#proto/wire/walk.ts';
import { ANY_VALUE, KEY_VALUE, SPAN } from '#proto/otlp/fields.ts';
import { EMPTY_SLOT, InternTable } from '../../model/intern-table.ts';
import type { SpanMemory } from '../../model/trace.ts';

/** What the attributes of interest say, by meaning; conventions that were renamed share a number. */
const DB_SYSTEM = 0;
const DB_NAMESPACE = 1;
const MESSAGING_SYSTEM = 2;
const MESSAGING_DESTINATION = 3;
const PEER_SERVICE = 4;
const SERVER_ADDRESS = 5;
const PEER_ADDRESS = 6;
const MESSAGING_OPERATION = 7;
const MESSAGING_VERB = 8;
const MEANINGS = 9;

const KEYS: readonly (readonly [string, number])[] = [
  ['db.system.name', DB_SYSTEM],
  ['db.system', DB_SYSTEM],
  ['db.namespace', DB_NAMESPACE],
  ['db.name', DB_NAMESPACE],
  ['messaging.system', MESSAGING_SYSTEM],
  ['messaging.destination.name', MESSAGING_DESTINATION],
  ['messaging.destination', MESSAGING_DESTINATION],
  ['messaging.operation.type', MESSAGING_OPERATION],
  ['messaging.operation', MESSAGING_OPERATION],
  ['messaging.operation.name', MESSAGING_VERB],
  ['peer.service', PEER_SERVICE],
  ['service.peer.name', PEER_SERVICE],
  ['server.address', SERVER_ADDRESS],
  ['net.peer.name', SERVER_ADDRESS],
  ['network.peer.address', PEER_ADDRESS],
  ['net.sock.peer.name', PEER_ADDRESS],
  ['net.sock.peer.addr', PEER_ADDRESS],
  ['net.peer.ip', PEER_ADDRESS],
];
/** What a span does with messages, in old and new words; settling and the rest are neither. */
export const SENDS = 1;
export const RECEIVES = 2;
const OPERATIONS: readonly (readonly [Buffer, number])[] = [
  ['send', SENDS],
  ['publish', SENDS],
  ['create', SENDS],
  ['receive', RECEIVES],
  ['process', RECEIVES],
  ['deliver', RECEIVES],
  ['poll', RECEIVES],
].map(([word, operation]) => [Buffer.from(word as string), operation as number]);
/** Longest name of a virtual node; longer ones are cut. */
const MAX_NAME_BYTES = 200;
/** Stands for hosts known by address only: bare addresses would make a node each. */
const ADDRESS_ONLY = 'unnamed host';
const SEPARATOR = 0x3a;

export class PeerAttributes {
  /** Virtual nodes by name. */
  readonly nodes: InternTable;
  readonly #keysByLength: (readonly (readonly [Buffer, number])[])[] = [];
  readonly #from = new Int32Array(MEANINGS);
  readonly #to = new Int32Array(MEANINGS);
  readonly #fields = new WireWalk();
  readonly #pair = new WireWalk();
  readonly #name = Buffer.alloc(MAX_NAME_BYTES);
  readonly #addressOnly: number;
  #length = 0;
  #bytes: Buffer = Buffer.alloc(0);

  /** @param maxNodes most distinct virtual nodes; later ones share the overflow name */
  constructor(maxNodes: number) {
    this.nodes = new InternTable(maxNodes);
    this.#addressOnly = this.nodes.internText(ADDRESS_ONLY);
    for (const [key, meaning] of KEYS) {
      const bytes = Buffer.from(key);
      this.#keysByLength[bytes.length] = [...(this.#keysByLength[bytes.length] ?? []), [bytes, meaning]];
    }
  }

  /** Reads the attributes of a span; the naming methods then speak of it. HOT for marked spans only. */
  read(memory: SpanMemory, row: number): void {
    const from = memory.spans.offset[row]!;
    this.readBytes(memory.slabs.bytes(memory.spans.slab[row]!), from, from + memory.spans.length[row]!);
  }

  /** As {@link read}, of the span message bytes[from, to). */
  readBytes(bytes: Buffer, from: number, to: number): void {
    this.#from.fill(-1);
    this.#bytes = bytes;
    const fields = this.#fields;
    fields.open(bytes, from, to);
    while (fields.next()) if (fields.tag === SPAN.attributes) this.#attribute(fields.from, fields.to);
  }

  /** Database node: the peer's own name, else system and namespace (`postgresql:shop`); the empty slot when the span names no database. */
  database(): number {
    if (this.#from[DB_SYSTEM]! < 0) return EMPTY_SLOT;
    if (this.#from[PEER_SERVICE]! >= 0) return this.#single(PEER_SERVICE);
    return this.#joined(DB_SYSTEM, DB_NAMESPACE);
  }

  /** Queue node: messaging system and destination (`kafka:orders`); the empty slot when the span names neither. */
  queue(): number {
    if (this.#from[MESSAGING_DESTINATION]! < 0)
      return this.#from[MESSAGING_SYSTEM]! < 0 ? EMPTY_SLOT : this.#single(MESSAGING_SYSTEM);
    if (this.#from[MESSAGING_SYSTEM]! < 0) return this.#single(MESSAGING_DESTINATION);
    return this.#joined(MESSAGING_SYSTEM, MESSAGING_DESTINATION);
  }

  /** {@link SENDS}, {@link RECEIVES} or 0: what the span says of messages, whatever its kind. */
  operation(): number {
    const meaning = this.#from[MESSAGING_OPERATION]! < 0 ? MESSAGING_VERB : MESSAGING_OPERATION;
    const from = this.#from[meaning]!;
    if (from < 0) return 0;
    for (const [word, operation] of OPERATIONS)
      if (sameBytes(this.#bytes, from, this.#to[meaning]!, word)) return operation;
    return 0;
  }

  /** Any other peer: peer service, else server address, else peer address; bare IP addresses share one name. */
  external(): number {
    if (this.#from[PEER_SERVICE]! >= 0) return this.#single(PEER_SERVICE);
    let addressOnly = false;
    for (let meaning = SERVER_ADDRESS; meaning <= PEER_ADDRESS; meaning++) {
      if (this.#from[meaning]! < 0) continue;
      if (!isIpAddress(this.#bytes, this.#from[meaning]!, this.#to[meaning]!)) return this.#single(meaning);
      addressOnly = true;
    }
    return addressOnly ? this.#addressOnly : EMPTY_SLOT;
  }

  #single(meaning: number): number {
    return this.nodes.intern(
      this.#bytes,
      this.#from[meaning]!,
      Math.min(this.#to[meaning]!, this.#from[meaning]! + MAX_NAME_BYTES),
    );
  }

  #joined(first: number, second: number): number {
    if (this.#from[second]! < 0) return this.#single(first);
    this.#length = 0;
    this.#append(first);
    if (this.#length < MAX_NAME_BYTES) this.#name[this.#length++] = SEPARATOR;
    this.#append(second);
    return this.nodes.intern(this.#name, 0, this.#length);
  }

  #append(meaning: number): void {
    const to = this.#to[meaning]!;
    for (let i = this.#from[meaning]!; i < to && this.#length < MAX_NAME_BYTES; i++)
      this.#name[this.#length++] = this.#bytes[i]!;
  }

  #attribute(from: number, to: number): void {
    const pair = this.#pair;
    const bytes = this.#bytes;
    let meaning = -1;
    let valueFrom = -1;
    let valueTo = -1;
    pair.open(bytes, from, to);
    while (pair.next()) {
      if (pair.tag === KEY_VALUE.key) {
        meaning = this.#meaning(pair.from, pair.to);
        if (meaning < 0) return;
      } else if (pair.tag === KEY_VALUE.value) {
        valueFrom = pair.from;
        valueTo = pair.to;
      }
    }
    // The first of two names for one thing wins, and only texts that are not empty name anything.
    if (meaning < 0 || valueFrom < 0 || this.#from[meaning]! >= 0) return;
    pair.open(bytes, valueFrom, valueTo);
    while (pair.next()) {
      if (pair.tag !== ANY_VALUE.stringValue || pair.length === 0) continue;
      this.#from[meaning] = pair.from;
      this.#to[meaning] = pair.to;
    }
  }

  #meaning(from: number, to: number): number {
    const candidates = this.#keysByLength[to - from];
    if (candidates === undefined) return -1;
    for (let i = 0; i < candidates.length; i++) {
      const [key, meaning] = candidates[i]!;
      if (sameBytes(this.#bytes, from, to, key)) return meaning;
    }
    return -1;
  }
}

/** HOT */
function sameBytes(bytes: Uint8Array, from: number, to: number, word: Buffer): boolean {
  if (to - from !== word.length) return false;
  let same = 0;
  while (same < word.length && word[same] === bytes[from + same]) same++;
  return same === word.length;
}

/** Digits and dots, or hexadecimal digits with at least two colons. */
function isIpAddress(bytes: Uint8Array, from: number, to: number): boolean {
  let colons = 0;
  let dots = 0;
  let letters = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (byte === 0x3a) colons++;
    else if (byte === 0x2e) dots++;
    else if ((byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46)) letters++;
    else if ((byte < 0x30 || byte > 0x39) && byte !== 0x5b && byte !== 0x5d) return false;
  }
  return colons >= 2 || (dots === 3 && letters === 0);
}
