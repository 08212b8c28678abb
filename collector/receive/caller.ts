// The client behind one request, as far as those need to know it who keep the request for a while: whether it still waits for the answer.

export class Caller {
  #isGone = false;
  /** Run when the client goes. One place at a time holds a request, so there is one. */
  onGone: (() => void) | undefined;

  get isGone(): boolean {
    return this.#isGone;
  }

  /** The connection was closed, or the call cancelled. */
  leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const run = this.onGone;
    this.onGone = undefined;
    run?.();
  }
}
