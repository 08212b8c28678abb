// What can go wrong with the store, in words that no API owns; the one place that knows ClickHouse's error codes.

/**
 * `timeout`: it took longer than it may; `too_large`: it needs more memory or rows than it may; `unreachable`: nobody answers;
 * `schema`: tables or columns that are read are not there; `failed`: anything else.
 */
export type StoreFailure = 'timeout' | 'too_large' | 'unreachable' | 'schema' | 'failed';

export class StoreError extends Error {
  readonly failure: StoreFailure;

  constructor(failure: StoreFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreError';
    this.failure = failure;
  }
}

const TIMEOUT_EXCEEDED = '159';
const MEMORY_LIMIT_EXCEEDED = '241';
const TOO_MANY_ROWS_OR_BYTES = '396';
/** An error that comes in the middle of an answer has no code of its own, only the text. */
const TIMEOUT_TEXT = /timeout exceeded|TIMEOUT_EXCEEDED/i;

export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError(failureOf(error, message), message, error);
}

function failureOf(error: unknown, message: string): StoreFailure {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (code === TIMEOUT_EXCEEDED || TIMEOUT_TEXT.test(message)) return 'timeout';
  if (code === MEMORY_LIMIT_EXCEEDED || code === TOO_MANY_ROWS_OR_BYTES) return 'too_large';
  if (code.startsWith('ECONN') || code === 'ENOENT') return 'unreachable';
  return 'failed';
}
