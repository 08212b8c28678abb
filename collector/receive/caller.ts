// The client of one request, for those that keep the request for a while: whether it still waits for the answer.

export class Caller {
  #isDisconnected = false;
  /** Called when the client disconnects. One place at a time holds a request, so there is one. */
  onDisconnect: (() => void) | undefined;

  get isDisconnected(): boolean {
    return this.#isDisconnected;
  }

  /** The connection was closed, or the call cancelled. */
  disconnect(): void {
    if (this.#isDisconnected) return;
    this.#isDisconnected = true;
    const run = this.onDisconnect;
    this.onDisconnect = undefined;
    run?.();
  }
}
