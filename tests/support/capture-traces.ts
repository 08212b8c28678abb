// Loads a shared capture whole into span rows, for tests that rebuild real traces.
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { sharedData } from './shared-data.ts';

/** More spans than any shared capture holds. */
const CAPACITY = 200_000;

/** @param path below the shared data root */
export async function loadCapture(path: string): Promise<TraceFile> {
  const file = new TraceFile(CAPACITY);
  for await (const request of readCapture(sharedData(path)))
    if (request.signal === 'traces') file.add(Buffer.from(request.bytes));
  return file;
}
