// HTTP/2 frames as bytes, in exactly the order a test wants them, and what a server answers them by stream.
import net from 'node:net';

const HEADERS = 1;
const DATA = 0;
const RST_STREAM = 3;
const SETTINGS = 4;
const GOAWAY = 7;
const END_STREAM = 1;
const END_HEADERS = 4;
const FRAME_HEAD_BYTES = 9;
const NOTHING = Buffer.alloc(0);

function frame(type: number, flags: number, stream: number, payload: Buffer = NOTHING): Buffer {
  const bytes = Buffer.alloc(FRAME_HEAD_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  payload.copy(bytes, FRAME_HEAD_BYTES);
  return bytes;
}

/** The frames of calls of one gRPC method on one connection. */
export class RawCalls {
  readonly #path: string;
  #next = 1;
  readonly #parts: Buffer[] = [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0)];

  constructor(path: string) {
    this.#path = path;
  }

  /** HEADERS of a new call. @returns its stream */
  open(): number {
    const stream = this.#next;
    this.#next += 2;
    this.#parts.push(frame(HEADERS, END_HEADERS, stream, this.#headers()));
    return stream;
  }

  data(stream: number, bytes: Buffer, isLast: boolean): void {
    this.#parts.push(frame(DATA, isLast ? END_STREAM : 0, stream, bytes));
  }

  reset(stream: number, code = 8): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(code);
    this.#parts.push(frame(RST_STREAM, 0, stream, payload));
  }

  /** Sends all of it in one write. */
  send(port: number): RawAnswers {
    return new RawAnswers(port, Buffer.concat(this.#parts.splice(0)));
  }

  /** HPACK without any table: every field as a literal that is not indexed. */
  #headers(): Buffer {
    const fields = [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', this.#path],
      [':authority', 'x'],
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
    ] as const;
    return Buffer.concat(
      fields.flatMap(([name, value]) => [
        Buffer.from([0, name.length]),
        Buffer.from(name),
        Buffer.from([value.length]),
        Buffer.from(value),
      ]),
    );
  }
}

/** What came back. */
export class RawAnswers {
  /** Streams whose answer is complete. */
  readonly ended = new Set<number>();
  /** Error code by stream. */
  readonly resets = new Map<number, number>();
  /** Error code of the GOAWAY. */
  goaway: number | undefined;
  isClosed = false;
  readonly #socket: net.Socket;
  #rest: Buffer = NOTHING;

  constructor(port: number, bytes: Buffer) {
    this.#socket = net.connect(port, '127.0.0.1', () => this.#socket.write(bytes));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => (this.isClosed = true));
    this.#socket.on('data', (more: Buffer) => this.#read(more));
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(more: Buffer): void {
    const bytes = Buffer.concat([this.#rest, more]);
    let at = 0;
    while (at + FRAME_HEAD_BYTES <= bytes.length) {
      const next = at + FRAME_HEAD_BYTES + bytes.readUIntBE(at, 3);
      if (next > bytes.length) break;
      this.#frame(
        bytes[at + 3]!,
        bytes[at + 4]!,
        bytes.readUInt32BE(at + 5),
        bytes.subarray(at + FRAME_HEAD_BYTES, next),
      );
      at = next;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === RST_STREAM) this.resets.set(stream, payload.readUInt32BE(0));
    else if (type === GOAWAY) this.goaway = payload.readUInt32BE(4);
    else if ((type === HEADERS || type === DATA) && (flags & END_STREAM) !== 0) this.ended.add(stream);
  }
}
