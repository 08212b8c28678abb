// The one error of malformed protobuf bytes.

/** Bytes that are no protobuf message of the expected kind; `offset` is where reading stopped, in bytes from the start of the buffer. */
export class WireError extends Error {
  readonly offset: number;

  constructor(problem: string, offset: number) {
    super(`${problem} at byte ${offset}`);
    this.name = 'WireError';
    this.offset = offset;
  }
}
