// The thread that checks and cuts large requests: a body in, pieces out, nothing copied on the way.
import { parentPort } from 'node:worker_threads';
import { checkRequest, type Checked, type LargeRequest } from './check-request.ts';

parentPort?.on('message', (request: LargeRequest) => {
  const checked: Checked = checkRequest(request);
  const buffers =
    checked.kind === 'pieces' ? [...new Set(checked.pieces.map(({ buffer }) => buffer as ArrayBuffer))] : [];
  parentPort?.postMessage(checked, buffers);
});
