// Requests of a `.pb.frames` capture: 4-byte big-endian length, then an ExportTraceServiceRequest, again and again.
import { readFileSync } from 'node:fs';
import { sharedData } from './shared-data.ts';

/** @param path below the shared data root */
export function frames(path: string): Buffer[] {
  const file = readFileSync(sharedData(path));
  const requests: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const length = file.readUInt32BE(at);
    requests.push(file.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return requests;
}
