// Ids of other tracing systems as OTLP ids: hex, left-padded with zeros to full width.

import { createHash } from 'node:crypto';

const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

/** A trace id as 32 hex digits; '' stays ''. */
export function traceIdOf(value: unknown): string {
  return padded(value, TRACE_DIGITS);
}

/** A span id as 16 hex digits; '' stays ''. */
export function spanIdOf(value: unknown): string {
  return padded(value, SPAN_DIGITS);
}

// Hand-made captures hold ids such as "span-1". They get a digest, the same one everywhere, so that parents still meet.
function padded(value: unknown, digits: number): string {
  if (typeof value !== 'string' || value === '') return '';
  if (/^[0-9a-f]+$/iu.test(value) && value.length <= digits) return value.toLowerCase().padStart(digits, '0');
  if (/^[0-9a-f]+$/iu.test(value) && /^0+$/u.test(value.slice(0, -digits))) return value.slice(-digits).toLowerCase();
  return createHash('sha256').update(value).digest('hex').slice(0, digits);
}
