// What a transport of the OTLP client is: one way to try a body once.
import type { AttemptResult } from './export-outcome.ts';
import type { OtlpSignal } from './otlp-signal.ts';

/** Body to send: protobuf bytes, or JSON text for `http/json`. */
export type OtlpBody = Uint8Array | string;

/** Exporters never throw for an answer or a broken connection. */
export interface OtlpExporter {
  attempt(signal: OtlpSignal, body: OtlpBody): Promise<AttemptResult>;
  close(): void;
}
