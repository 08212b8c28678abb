// The one error that parsing and evaluating PromQL raises: it knows which Prometheus error type it is.

/** `bad_data`: the query is wrong; `execution`: it failed on the data; the others speak for themselves. */
export type PromqlErrorType = 'bad_data' | 'execution' | 'timeout' | 'canceled' | 'internal' | 'not_found';

export class PromqlError extends Error {
  readonly type: PromqlErrorType;

  constructor(type: PromqlErrorType, message: string) {
    super(message);
    this.name = 'PromqlError';
    this.type = type;
  }
}

/** `line:column` of a character offset; columns count UTF-8 bytes from 1, as Prometheus does. */
export function positionOf(query: string, offset: number): string {
  const before = query.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return `${line}:${Buffer.byteLength(before.slice(lineStart)) + 1}`;
}

/** An error in the text of a query, at a character offset of it. */
export function parseError(query: string, offset: number, message: string): PromqlError {
  return new PromqlError('bad_data', `${positionOf(query, offset)}: parse error: ${message}`);
}

/** A part of PromQL that this engine does not evaluate: said plainly, never answered with a wrong number. */
export function unsupported(what: string): PromqlError {
  return new PromqlError('execution', `${what} is not supported by this engine yet`);
}
