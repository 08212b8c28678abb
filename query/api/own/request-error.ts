// The two errors that a handler of the own API may throw: own-error.ts answers them.

/** A request that cannot be answered as asked: 400 with a stable code. */
export class BadRequest extends Error {
  readonly code: string;
  readonly hint: string;
  constructor(code: string, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Asked for something that is not there: 404. */
export class NotFound extends Error {
  readonly code: string;
  readonly hint: string;
  constructor(code: string, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
