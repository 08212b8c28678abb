// Two proxies of our own: one between the clients and Winnow that cuts, stalls and slows connections, one before ClickHouse that loses answers.
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import type { Random } from '../simulation/random.ts';

/** A TCP proxy that delays, cuts or silences connections on request. */
export class TcpProxy {
  /** Of the pieces that pass, this part cuts its connection with a reset instead. */
  resetShare = 0;
  /** Open connections pass no more bytes from now on, and neither side gets an error: they are half open. */
  isStalled = false;
  /** A piece waits so long. */
  delayMs = 0;
  readonly #server: net.Server;
  readonly #open = new Set<net.Socket>();
  readonly #target: string;
  readonly #random: Random;

  private constructor(target: string, random: Random) {
    this.#target = target;
    this.#random = random;
    this.#server = net.createServer((client) => this.#connect(client));
  }

  /** @param target HOST:PORT */
  static async start(target: string, random: Random): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, random);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** All connections, now. */
  resetAll(): void {
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  #connect(client: net.Socket): void {
    const [host, port] = this.#target.split(':');
    const server = net.connect(Number(port), host ?? '127.0.0.1');
    let isHalfOpen = false;
    const pass = (from: net.Socket, to: net.Socket): void => {
      // In order, whatever the delay was when the piece before came.
      const waiting: { readonly piece: Buffer; readonly dueMs: number }[] = [];
      const send = (): void => {
        for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
          const leftMs = next.dueMs - performance.now();
          if (leftMs > 0) {
            setTimeout(send, leftMs);
            return;
          }
          waiting.shift();
          to.write(next.piece);
        }
      };
      this.#open.add(from);
      from.on('data', (piece) => {
        isHalfOpen ||= this.isStalled;
        if (isHalfOpen) return;
        if (this.#random.chance(this.resetShare)) {
          // The middle of a message is where most harm is done.
          to.write(piece.subarray(0, piece.length >> 1));
          from.resetAndDestroy();
          to.resetAndDestroy();
          return;
        }
        waiting.push({ piece, dueMs: performance.now() + this.delayMs });
        if (waiting.length === 1) send();
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#open.delete(from);
        to.end();
      });
    };
    pass(client, server);
    pass(server, client);
  }
}

/** Passes requests on to a ClickHouse. */
export class ClickHouseProxy {
  /** Of the inserts this part is done, and its answer is lost. */
  lostShare = 0;
  /** Nobody answers. */
  isAway = false;
  /** Code of the error that inserts get instead. */
  errorCode: number | undefined;
  lost = 0;
  readonly #server: http.Server;
  readonly #target: URL;
  readonly #random: Random;
  readonly #agent = new http.Agent({ keepAlive: true });

  private constructor(target: string, random: Random) {
    this.#target = new URL(target);
    this.#random = random;
    this.#server = http.createServer((request, response) => this.#pass(request, response));
    this.#server.keepAliveTimeout = 30_000;
    this.#server.on('connection', (socket) => {
      if (this.isAway) socket.resetAndDestroy();
    });
  }

  static async start(target: string, random: Random): Promise<ClickHouseProxy> {
    const proxy = new ClickHouseProxy(target, random);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** With the user and secret of the one behind it. */
  get url(): string {
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return url.toString();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  #pass(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.isAway) {
      request.socket.resetAndDestroy();
      return;
    }
    const isInsert = request.url?.includes('INSERT') === true;
    if (isInsert && this.errorCode !== undefined) {
      request.resume();
      response.writeHead(500, { 'X-ClickHouse-Exception-Code': String(this.errorCode) });
      response.end(`Code: ${this.errorCode}. DB::Exception: made up by an experiment. (SIMULATED)`);
      return;
    }
    const isLost = isInsert && this.#random.chance(this.lostShare);
    const inner = http.request(
      {
        host: this.#target.hostname,
        port: this.#target.port,
        method: request.method,
        path: request.url,
        headers: request.headers,
        agent: this.#agent,
      },
      (answer) => {
        if (isLost) {
          this.lost++;
          answer.resume();
          answer.on('end', () => request.socket.resetAndDestroy());
          return;
        }
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    inner.on('error', () => request.socket.destroy());
    request.on('error', () => inner.destroy());
    request.pipe(inner);
  }
}
