// The pieces of one answer between the thread that writes them and the client that reads them.
import type { PromqlError } from '#query/promql/promql-error.ts';
import type { AnswerPieces } from './question.ts';

export class AnswerStream {
  readonly #onRead: (bytes: number) => void;
  readonly #onLeft: () => void;
  /** At most MAX_UNREAD_BYTES and one piece: the thread waits then. */
  readonly #unread: Uint8Array[] = [];
  #isComplete = false;
  #failure: PromqlError | undefined;
  #wake: () => void = () => undefined;

  /** @param onRead so many bytes were given to the client @param onLeft the client reads no more of an answer that is not complete */
  constructor(onRead: (bytes: number) => void, onLeft: () => void) {
    this.#onRead = onRead;
    this.#onLeft = onLeft;
  }

  push(bytes: Uint8Array): void {
    this.#unread.push(bytes);
    this.#wake();
  }

  /** @param failure the pieces end with it */
  complete(failure: PromqlError | undefined): void {
    this.#isComplete = true;
    this.#failure = failure;
    this.#wake();
  }

  async *pieces(): AnswerPieces & AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const bytes = this.#unread.shift();
        if (bytes !== undefined) {
          if (!this.#isComplete) this.#onRead(bytes.byteLength);
          yield bytes;
        } else if (this.#failure !== undefined) throw this.#failure;
        else if (this.#isComplete) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      if (!this.#isComplete) this.#onLeft();
    }
  }
}
