// Receives one HTTP request body into one Buffer, bounded per request, per connection and over all connections, and in time.
import type { IncomingMessage } from 'node:http';
import type { ConnectionBytes } from './receive-budget.ts';
import type { ReceiveWatch, WatchedRequest } from './receive-watch.ts';

export type ReceivedBody =
  | { readonly kind: 'ok'; readonly body: Buffer }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'too_slow'; readonly message: string }
  /** The client disconnected. */
  | { readonly kind: 'canceled' };

/** Chunks are copied into a buffer that grows, so that a body sent byte by byte costs no object per byte. */
const FIRST_BYTES = 16 * 1024;
const GROWTH = 4;
const NO_BYTES = Buffer.alloc(0);

/** Holds only what arrived, whatever length was announced. Call {@link HttpBody.done} once the request is answered. */
export class HttpBody implements WatchedRequest {
  readonly received: Promise<ReceivedBody>;
  receivedBytes = 0;
  isWhole = false;
  /** Run when it came whole and is not answered in time. */
  onLate: (why: string) => void = () => undefined;
  readonly #request: IncomingMessage;
  readonly #maxBytes: number;
  readonly #connection: ConnectionBytes;
  readonly #watch: ReceiveWatch;
  readonly #announced: number;
  #resolve: (result: ReceivedBody) => void = () => undefined;
  /** The first chunk as it came; most bodies have one. */
  #only: Buffer = NO_BYTES;
  #grown: Buffer | undefined;

  constructor(request: IncomingMessage, maxBytes: number, connection: ConnectionBytes, watch: ReceiveWatch) {
    this.#request = request;
    this.#maxBytes = maxBytes;
    this.#connection = connection;
    this.#watch = watch;
    this.#announced = Number(request.headers['content-length'] ?? 0);
    this.received = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    watch.add(this);
  }

  /** Whether the announced length is too much in general, or now: known before a client sends it. */
  get announcedProblem(): 'too_large' | 'busy' | undefined {
    if (this.#announced > this.#maxBytes) return 'too_large';
    return this.#connection.fits(this.#announced) ? undefined : 'busy';
  }

  /** Begins to read. */
  start(): void {
    if (this.#announced > this.#maxBytes) {
      this.#end({ kind: 'too_large' });
      return;
    }
    const request = this.#request;
    request.on('data', this.#onData);
    request.once('end', this.#onEnd);
    request.once('error', this.#onDisconnect);
    request.once('close', this.#onDisconnect);
  }

  cut(why: string): void {
    if (this.isWhole) this.onLate(why);
    else this.#end({ kind: 'too_slow', message: why });
  }

  /** The request is answered: its bytes are free again. */
  done(): void {
    this.#watch.remove(this);
    this.#connection.release(this.receivedBytes);
    this.receivedBytes = 0;
    this.#only = NO_BYTES;
    this.#grown = undefined;
  }

  readonly #onData = (chunk: Buffer): void => {
    const before = this.receivedBytes;
    const total = before + chunk.length;
    if (total > this.#maxBytes) return this.#end({ kind: 'too_large' });
    if (!this.#connection.reserve(chunk.length)) return this.#end({ kind: 'busy' });
    this.receivedBytes = total;
    if (before === 0) this.#only = chunk;
    else chunk.copy(this.#room(before, total), before);
  };

  readonly #onEnd = (): void => {
    this.isWhole = true;
    this.#end({ kind: 'ok', body: this.#grown?.subarray(0, this.receivedBytes) ?? this.#only });
  };

  readonly #onDisconnect = (): void => this.#end({ kind: 'canceled' });

  #room(length: number, wanted: number): Buffer {
    const old = this.#grown;
    if (old !== undefined && old.length >= wanted) return old;
    const most = this.#announced > 0 ? this.#announced : this.#maxBytes;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, Math.min(most, Math.max(FIRST_BYTES, length * GROWTH))));
    (old ?? this.#only).copy(larger, 0, 0, length);
    this.#grown = larger;
    this.#only = NO_BYTES;
    return larger;
  }

  #end(result: ReceivedBody): void {
    const request = this.#request;
    request.removeListener('data', this.#onData);
    request.removeListener('end', this.#onEnd);
    request.removeListener('error', this.#onDisconnect);
    request.removeListener('close', this.#onDisconnect);
    this.#resolve(result);
  }
}
