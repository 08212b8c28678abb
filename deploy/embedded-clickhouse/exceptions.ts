// Errors in ClickHouse's words: the code out of the engine's text, the HTTP status it goes with, and the block that
// ends an answer which failed half way.

export interface Exception {
  code: number;
  httpStatus: number;
  text: string;
}

const HTTP_STATUS: ReadonlyMap<number, number> = new Map([
  [516, 403],
  [497, 403],
  [60, 404],
  [81, 404],
  [47, 404],
  [62, 400],
  [36, 400],
  [43, 400],
  [53, 400],
  [115, 400],
  [456, 400],
  [159, 408],
  [307, 413],
  [202, 503],
  [210, 503],
  [243, 503],
  [1000, 501],
]);
const UNKNOWN_EXCEPTION = 1002;

export function exceptionOf(error: unknown): Exception {
  const message = error instanceof Error ? error.message : String(error);
  const at = message.search(/Code: \d+\./);
  const text =
    at >= 0 ? message.slice(at) : `Code: ${UNKNOWN_EXCEPTION}. DB::Exception: ${message}. (UNKNOWN_EXCEPTION)`;
  const code = Number(/Code: (\d+)\./.exec(text)?.[1]);
  return { code, httpStatus: HTTP_STATUS.get(code) ?? 500, text };
}

/** What follows the last whole row: the client finds it by the tag in the header. */
export function exceptionBlock(tag: string, text: string): Buffer {
  const message = `${text}\n`;
  return Buffer.from(
    `\r\n__exception__\r\n${tag}\r\n${message}${Buffer.byteLength(message)} ${tag}\r\n__exception__\r\n`,
  );
}
