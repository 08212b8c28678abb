// Names a request by its signal and all of its decoded bytes, in 96 bits that nobody can foresee who does not know the key.
import { createCipheriv, createSecretKey, hash, hkdfSync, type KeyObject } from 'node:crypto';
import type { Signal } from '#proto/otlp/signal.ts';
import { DIGEST_WORDS } from './record.ts';

/**
 * Below this SHA-256 (0.3 µs, and 0.5 ns a byte) is the faster one, above it GMAC (2 µs, and 0.03 ns a byte):
 * tests/bench/request-window.bench.ts.
 */
export const GMAC_FROM_BYTES = 4096;
const KEY_BYTES = 16;
const IV = Buffer.alloc(12);
const SALT_BYTES = 4;

interface SignalKeys {
  readonly mac: KeyObject;
  /** The key of SHA-256, and behind it room for the body. */
  readonly room: Buffer;
}

export class RequestDigests {
  readonly #keys: Readonly<Record<Signal, SignalKeys>>;

  /** @param installId of the data directory: digests that one life wrote are known to the next */
  constructor(installId: string) {
    this.#keys = {
      traces: keysOf(installId, 'traces'),
      logs: keysOf(installId, 'logs'),
      metrics: keysOf(installId, 'metrics'),
    };
  }

  /** HOT: per request. Writes the digest into `out`. */
  digestOf(signal: Signal, body: Buffer, out: Uint32Array): void {
    const { mac, room } = this.#keys[signal];
    if (body.length >= GMAC_FROM_BYTES) {
      // GMAC: the body is authenticated, nothing is encrypted. One key and one IV for all requests is right as long as no tag is shown to
      // senders.
      const cipher = createCipheriv('aes-128-gcm', mac, IV);
      cipher.setAAD(body);
      cipher.final();
      const tag = cipher.getAuthTag();
      for (let i = 0; i < DIGEST_WORDS; i++) out[i] = tag.readUInt32LE(i * 4);
      return;
    }
    const bytes = KEY_BYTES + body.copy(room, KEY_BYTES);
    const text = hash('sha256', room.subarray(0, bytes), 'binary'); // three times as fast as a Buffer
    for (let i = 0; i < DIGEST_WORDS; i++) out[i] = wordAt(text, i * 4);
  }
}

/** What the log of the directory puts into its records: 32 bits that no sender can know. */
export function saltOf(installId: string): number {
  return derive(installId, 'records', SALT_BYTES).readUInt32LE();
}

function keysOf(installId: string, signal: Signal): SignalKeys {
  const room = Buffer.alloc(KEY_BYTES + GMAC_FROM_BYTES);
  derive(installId, `requests of ${signal}, small`, KEY_BYTES).copy(room);
  return { mac: createSecretKey(derive(installId, `requests of ${signal}, large`, KEY_BYTES)), room };
}

function derive(installId: string, what: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', installId, '', `winnow write-ahead log: ${what}`, bytes));
}

function wordAt(text: string, at: number): number {
  return (
    (text.charCodeAt(at) |
      (text.charCodeAt(at + 1) << 8) |
      (text.charCodeAt(at + 2) << 16) |
      (text.charCodeAt(at + 3) << 24)) >>>
    0
  );
}
