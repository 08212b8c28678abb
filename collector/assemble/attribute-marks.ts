// What an attribute key says about its span, seen in passing, so that later stages need not look for it.

import { MARK_DB, MARK_MESSAGING, MARK_PEER } from '#collector/model/span-table.ts';

const MESSAGING = Buffer.from('messaging.');
const PEER_PREFIXES = ['peer.', 'server.address', 'net.peer.', 'net.sock.peer.', 'network.peer.'].map((text) =>
  Buffer.from(text),
);

/**
 * HOT: per attribute. Mark bits of the key bytes[from, from + length): `db.…`, `messaging.…`, or who is at the other end
 * (`peer.…`, `server.address`, `net.peer.…`, `net.sock.peer.…`, `network.peer.…`).
 */
export function attributeMark(bytes: Buffer, from: number, length: number): number {
  if (length < 4) return 0;
  switch (bytes[from]) {
    case 0x64: // d
      return bytes[from + 1] === 0x62 && bytes[from + 2] === 0x2e ? MARK_DB : 0;
    case 0x6d: // m
      return startsWith(bytes, from, length, MESSAGING) ? MARK_MESSAGING : 0;
    case 0x70: // p
      return startsWith(bytes, from, length, PEER_PREFIXES[0]!) ? MARK_PEER : 0;
    case 0x73: // s
      return startsWith(bytes, from, length, PEER_PREFIXES[1]!) ? MARK_PEER : 0;
    case 0x6e: // n
      for (let i = 2; i < PEER_PREFIXES.length; i++)
        if (startsWith(bytes, from, length, PEER_PREFIXES[i]!)) return MARK_PEER;
      return 0;
    default:
      return 0;
  }
}

function startsWith(bytes: Buffer, from: number, length: number, prefix: Buffer): boolean {
  if (length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[from + i] !== prefix[i]) return false;
  return true;
}
