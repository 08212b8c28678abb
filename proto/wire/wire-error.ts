// The one error of malformed protobuf bytes.

/** Bytes that are no protobuf message of the expected kind; `offset` is where reading stopped, in bytes from the start of the buffer. */
export class WireError extends Error {
  readonly problem: string;
  readonly offset: number;

  constructor(problem: string, offset: number) {
    super(`malformed protobuf at byte ${offset}: ${problem}`);
    this.name = 'WireError';
    this.problem = problem;
    this.offset = offset;
  }

  /** Problem and place, for a sentence that says already what is malformed. */
  get short(): string {
    return `${this.problem} at byte ${this.offset}`;
  }
}
