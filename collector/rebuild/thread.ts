// The thread that puts stored traces together: a question in, heads out. Memory of large traces is its own and goes with it.
import { parentPort, workerData } from 'node:worker_threads';
import { createStoreClient, type ClickHouseAddress } from '#collector/store/client.ts';
import type { RebuildAnswer, RebuildQuestion } from './messages.ts';
import { findStale, rebuildStored } from './stored-traces.ts';

const address: ClickHouseAddress = workerData;
const client = createStoreClient(address);

async function answer(question: RebuildQuestion): Promise<RebuildAnswer> {
  try {
    return question.kind === 'find'
      ? { kind: 'found', keys: await findStale(client, question.sinceS) }
      : { kind: 'rebuilt', traces: await rebuildStored(client, question.tasks) };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (question: RebuildQuestion) => {
  void answer(question).then((answered) => parentPort?.postMessage(answered));
});
