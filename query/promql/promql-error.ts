// The one error that parsing and evaluating PromQL raises: it knows which Prometheus error type it is.

/** `bad_data`: the query is wrong; `execution`: it failed on the data; the others speak for themselves. */
export type PromqlErrorType =
  | 'bad_data'
  | 'execution'
  | 'timeout'
  | 'canceled'
  | 'internal'
  | 'unavailable'
  | 'not_found';

export class PromqlError extends Error {
  readonly type: PromqlErrorType;

  constructor(type: PromqlErrorType, message: string) {
    super(message);
    this.name = 'PromqlError';
    this.type = type;
  }
}

const NEWLINE = 10;

/** `line:column` of a byte offset; columns count UTF-8 bytes from 1, as Prometheus does. */
export function positionOf(query: string, offset: number): string {
  if (query === '') return 'unknown position';
  const bytes = Buffer.from(query);
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < offset && at < bytes.length; at++) {
    if (bytes[at] !== NEWLINE) continue;
    line++;
    lineStart = at + 1;
  }
  return `${line}:${offset - lineStart + 1}`;
}

/** An error in the text of a query, at a byte offset of it. */
export function parseError(query: string, offset: number, message: string): PromqlError {
  return new PromqlError('bad_data', `${positionOf(query, offset)}: parse error: ${message}`);
}

export const NOT_SUPPORTED = 'is not supported by this engine yet';

/** A part of PromQL that this engine does not evaluate: said plainly, never answered with a wrong number. */
export function unsupported(what: string): PromqlError {
  return new PromqlError('execution', `${what} ${NOT_SUPPORTED}`);
}
