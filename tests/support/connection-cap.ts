// More connections than a listener accepts: how many are closed at once, and how many it counts as refused.
import net from 'node:net';
import { vi } from 'vitest';
import type { RefusedConnections } from '#collector/receive/refused-connections.ts';

const OPENED = 5;

/** Opens five connections, waits until those above the cap are closed, and closes all. @param accepts the cap of the listener */
export async function refusedOfFive(
  listener: { readonly port: number; close(): Promise<unknown> },
  accepts: number,
  refused: RefusedConnections,
): Promise<{ closed: number; counted: number }> {
  const sockets = Array.from({ length: OPENED }, () =>
    net.connect(listener.port, '127.0.0.1').on('error', () => undefined),
  );
  let closed = 0;
  for (const socket of sockets) socket.on('close', () => closed++);
  await vi.waitUntil(() => closed >= OPENED - accepts && refused.counts.too_many >= OPENED - accepts, {
    timeout: 10_000,
  });
  await new Promise((resolve) => setImmediate(resolve)); // one too many would be closed in the same turn
  const seen = { closed, counted: refused.counts.too_many };
  for (const socket of sockets) socket.destroy();
  await listener.close();
  return seen;
}
