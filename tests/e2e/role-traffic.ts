// Traces that a test sends to a running role, and waiting until all of them are accounted for.
import http2 from 'node:http2';
import { expect } from 'vitest';
import { sendGrpc, sendHttp, type WireAnswer } from '../support/recorded-requests.ts';
import type { RunningRole } from '../support/running-role.ts';
import type { Ledgers } from '../support/running-winnow.ts';
import { traceRequest } from '../support/trace-requests.ts';

/** Waits short enough for a test, in every form. */
export const FAST = [
  '--sampling.wait.quiet=200ms',
  '--sampling.wait.after_root=400ms',
  '--sampling.wait.max=1s',
  '--red.flush_every=1s',
];

export async function settled(collector: RunningRole): Promise<Ledgers> {
  let ledger = await collector.ledger();
  await until(
    async () => {
      ledger = await collector.ledger();
      return ledger.spans.pending === 0 && ledger.spans.received > 0;
    },
    () => `${JSON.stringify(ledger)}\n${collector.stderr}`,
  );
  return ledger;
}

export async function until(holds: () => Promise<boolean>, state: () => string = () => ''): Promise<void> {
  await expect.poll(holds, { timeout: 30_000, interval: 50, message: state() }).toBe(true);
}

/** Sends traces of one span each, no two alike. */
export class Sender {
  readonly #httpPort: number;
  readonly #session: http2.ClientHttp2Session;
  #trace: number;

  private constructor(addresses: Readonly<Record<string, string>>, firstTrace: number) {
    this.#httpPort = Number(addresses['otlp_http']?.split(':').at(-1));
    this.#session = http2.connect(`http://${addresses['otlp_grpc']}`);
    this.#session.on('error', () => undefined);
    this.#session.unref();
    this.#trace = firstTrace;
  }

  static async to(collector: RunningRole, firstTrace = 1): Promise<Sender> {
    return new Sender(await collector.addresses(), firstTrace);
  }

  post(spans: number, padding = 0): Promise<WireAnswer> {
    return sendHttp(this.#httpPort, {
      method_or_path: '/v1/traces',
      headers: { Host: 'x', 'Content-Type': 'application/x-protobuf' },
      body: this.#request(spans, padding),
    });
  }

  call(spans: number): Promise<WireAnswer> {
    const headers = {
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      te: 'trailers',
    };
    return sendGrpc(this.#session, { headers, body: this.#request(spans, 0) });
  }

  close(): void {
    this.#session.destroy();
  }

  #request(spans: number, padding: number): Buffer {
    return traceRequest(Array.from({ length: spans }, () => ({ trace: this.#trace++, span: 1, padding })));
  }
}
