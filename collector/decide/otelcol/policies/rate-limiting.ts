// Policy rate_limiting: spans per second.
import { buildLimit } from './limiting.ts';

export const buildRateLimiting = buildLimit('spans_per_second', (cursor) => cursor.view.count);
