// The thread that tries one configuration and ends: reading and deciding thousands of traces would keep other questions waiting.
import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from '../store/open-store.ts';
import type { SimulationAnswer, SimulationTask } from './run-simulation.ts';
import { tryConfig } from './try-config.ts';

const { database, request, startNs, endNs } = workerData as SimulationTask;
const store = openStore(database);
try {
  const result = await tryConfig(store, request, { startNs, endNs });
  parentPort?.postMessage(
    (result.ok
      ? { kind: 'done', response: result.value }
      : { kind: 'refused', errors: result.error }) satisfies SimulationAnswer,
  );
} catch (error) {
  parentPort?.postMessage({
    kind: 'failed',
    message: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
  } satisfies SimulationAnswer);
} finally {
  await store.close();
}
