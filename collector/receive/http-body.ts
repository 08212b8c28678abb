// Receives one HTTP request body into one Buffer, bounded per request and over all requests at once.
import type { IncomingMessage } from 'node:http';
import type { ByteBudget } from '../admit/byte-budget.ts';

export type ReceivedBody =
  | { readonly kind: 'ok'; readonly body: Buffer }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'busy' }
  /** The client went away, or was too slow. */
  | { readonly kind: 'canceled' };

/** Chunks are copied into a buffer that doubles, so that a body sent byte by byte costs no object per byte. */
const FIRST_BYTES = 16 * 1024;

/** The bytes taken from `budget` are given back by calling `done`, whatever the result, once the request is answered. */
export function receiveBody(
  request: IncomingMessage,
  maxBytes: number,
  budget: ByteBudget,
): { readonly received: Promise<ReceivedBody>; readonly done: () => void } {
  let takenBytes = 0;
  const done = (): void => {
    budget.give(takenBytes);
    takenBytes = 0;
  };
  const announced = Number(request.headers['content-length'] ?? 0);
  const received = new Promise<ReceivedBody>((resolve) => {
    if (announced > maxBytes) {
      resolve({ kind: 'too_large' });
      return;
    }
    let only: Buffer | null = null;
    let grown: Buffer | null = null;
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      const total = length + chunk.length;
      if (total > maxBytes) {
        settle({ kind: 'too_large' });
        return;
      }
      if (!budget.tryTake(chunk.length)) {
        settle({ kind: 'busy' });
        return;
      }
      takenBytes += chunk.length;
      if (length === 0) {
        only = chunk;
      } else {
        if (grown === null || grown.length < total) {
          const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, Math.min(maxBytes, Math.max(total, announced, (grown?.length ?? 0) * 2))));
          (grown ?? only)?.copy(larger, 0, 0, length);
          grown = larger;
          only = null;
        }
        chunk.copy(grown, length);
      }
      length = total;
    });
    request.on('end', () => settle({ kind: 'ok', body: grown?.subarray(0, length) ?? only ?? Buffer.alloc(0) }));
    request.on('error', () => settle({ kind: 'canceled' }));
    request.on('close', () => settle({ kind: 'canceled' }));
    const settle = (result: ReceivedBody): void => {
      request.removeAllListeners('data');
      request.removeAllListeners('end');
      resolve(result);
    };
  });
  return { received, done };
}
