// What it costs to know requests when they come again: ns a request-span by spans a request, of new requests and of copies, where SHA-256
// and GMAC
// cross, bytes a request in the window, and the longest time that adding a hundred took.
// Run: node --expose-gc tests/bench/request-window.bench.ts
import { createHash } from 'node:crypto';
import { KnownRequests } from '#collector/wal/known-requests.ts';
import { RequestDigests } from '#collector/wal/request-digest.ts';
import { MOST_REQUESTS, RequestWindow } from '#collector/wal/request-window.ts';

/** Of online-boutique. */
const SPAN_BYTES = 168;
const SPANS = [1, 20, 100, 1000];
const ROUNDS = 7;
/** The longest time is measured per so many requests: the index grows during one of them. */
const TURN = 100;
/** So many bytes are hashed in a round. */
const ROUND_BYTES = 2048 * 1024 * 1024;
const PLAIN = { kind: 'accepted', rejected: 0, message: '' } as const;
const collect = (globalThis as { gc?: () => void }).gc ?? ((): void => {});
const rounded = (value: number): number => Number(value.toPrecision(3));

/** ns of a run, CPU time of this thread; the best of some rounds: the machine is noisy, and never faster than it is. */
function best(requests: number, run: (request: number) => void): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const began = process.threadCpuUsage();
    for (let i = 0; i < requests; i++) run(i);
    const { user, system } = process.threadCpuUsage(began);
    least = Math.min(least, ((user + system) * 1000) / requests);
  }
  return least;
}

function perSpan(spans: number): Record<string, number> {
  const known = new KnownRequests({ installId: 'bench', elapsedMs: () => performance.now() });
  const body = Buffer.alloc(spans * SPAN_BYTES, 'span');
  const requests = Math.min(50_000, Math.floor(ROUND_BYTES / body.length));
  let next = 0;
  const fresh = best(requests, () => {
    body.writeUInt32LE(next++, 0);
    if (known.find({ signal: 'traces', body }) >= 0) throw new Error('a new request was taken for a copy');
    known.add(PLAIN);
  });
  const copy = best(requests, (i) => {
    body.writeUInt32LE(next - 1 - i, 0);
    if (known.find({ signal: 'traces', body }) < 0) throw new Error('a copy was not known');
  });
  const sha = best(requests, () => createHash('sha256').update(body).digest());
  return {
    spans,
    newNsPerSpan: rounded(fresh / spans),
    copyNsPerSpan: rounded(copy / spans),
    plainSha256NsPerSpan: rounded(sha / spans),
  };
}

/** Time of one digest by size: the switch to GMAC belongs where the two halves meet. */
function crossing(): Record<string, number> {
  const digests = new RequestDigests('bench');
  const out = new Uint32Array(3);
  return Object.fromEntries(
    [1024, 2048, 4095, 4096, 8192, 16_384].map((bytes) => {
      const body = Buffer.alloc(bytes, 'span');
      return [`${bytes} B`, rounded(best(20_000, () => digests.digestOf('traces', body, out)) / 1000)];
    }),
  );
}

function heldBytes(): { readonly bytes: number; readonly longestMs: number } {
  const held = (): number => {
    collect();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = held();
  const window = new RequestWindow(0);
  const digest = new Uint32Array(3);
  let longestMs = 0;
  let turn = process.threadCpuUsage();
  for (let n = 0; n < MOST_REQUESTS * 2; n++) {
    for (let word = 0; word < digest.length; word++) digest[word] = Math.random() * 2 ** 32;
    if (n % TURN === 0) {
      const { user, system } = process.threadCpuUsage(turn);
      longestMs = Math.max(longestMs, (user + system) / 1000);
      turn = process.threadCpuUsage();
    }
    window.add(digest, 0);
  }
  const bytes = (held() - before) / window.size;
  window.find(digest, 0);
  return { bytes, longestMs };
}

for (const spans of SPANS) console.log(JSON.stringify({ bench: 'request window', ...perSpan(spans) }));
console.log(JSON.stringify({ bench: 'µs a digest', ...crossing() }));
const { bytes, longestMs } = heldBytes();
console.log(
  JSON.stringify({
    bench: 'full request window',
    bytesPerRequest: rounded(bytes),
    longestHundredMs: rounded(longestMs),
  }),
);
