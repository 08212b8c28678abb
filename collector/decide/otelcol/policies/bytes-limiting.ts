// Policy bytes_limiting: bytes per second, in the Collector's encoding.
import { buildLimit } from './limiting.ts';

export const buildBytesLimiting = buildLimit('bytes_per_second', (cursor) => cursor.sizeBytes);
