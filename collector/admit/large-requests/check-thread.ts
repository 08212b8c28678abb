// The thread that checks and cuts large requests: a body in, pieces out, nothing copied on the way.
import { parentPort } from 'node:worker_threads';
import { checkRequest, type Checked, type LargeRequest } from './check-request.ts';

parentPort?.on('message', (request: LargeRequest) => {
  const checked: Checked = checkRequest(request);
  const buffers = new Set<ArrayBuffer>();
  if (checked.kind === 'pieces')
    for (const { buffer } of checked.pieces) if (buffer instanceof ArrayBuffer) buffers.add(buffer);
  parentPort?.postMessage(checked, [...buffers]);
});
