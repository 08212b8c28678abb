// Spans and log records that are unlike what an SDK sends on a good day, as OTLP JSON: far times, no names, no end, long values, text that acts.
import { randomBytes } from 'node:crypto';

type Value =
  | { readonly stringValue: string }
  | { readonly intValue: string }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } }
  | { readonly arrayValue: { readonly values: readonly Value[] } };
export interface KeyValue {
  readonly key: string;
  readonly value: Value;
}
export interface OddSpan {
  readonly traceId: string;
  readonly name: string;
  readonly startNs: bigint;
  /** None: the span has no end. */
  readonly endNs?: bigint;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly kind?: number;
  readonly attributes?: readonly KeyValue[];
  readonly status?: { readonly code: number; readonly message?: string };
}
export interface OddLog {
  readonly timeNs: bigint;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body: Value;
}

export const newTraceId = (): string => randomBytes(16).toString('hex');
export const newSpanId = (): string => randomBytes(8).toString('hex');
export const text = (key: string, value: string): KeyValue => ({ key, value: { stringValue: value } });

const resource = (service: string): unknown => ({ attributes: [text('service.name', service)] });

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
}

/** @param receiver HOST:PORT of the OTLP HTTP receiver */
export async function sendSpans(receiver: string, service: string, spans: readonly OddSpan[]): Promise<void> {
  await post(`http://${receiver}/v1/traces`, {
    resourceSpans: [
      {
        resource: resource(service),
        scopeSpans: [
          {
            spans: spans.map(({ startNs, endNs, spanId = newSpanId(), kind = 2, ...span }) => ({
              ...span,
              spanId,
              kind,
              startTimeUnixNano: String(startNs),
              ...(endNs === undefined ? {} : { endTimeUnixNano: String(endNs) }),
            })),
          },
        ],
      },
    ],
  });
}

export async function sendLogs(receiver: string, service: string, logs: readonly OddLog[]): Promise<void> {
  await post(`http://${receiver}/v1/logs`, {
    resourceLogs: [
      {
        resource: resource(service),
        scopeLogs: [{ logRecords: logs.map(({ timeNs, ...log }) => ({ ...log, timeUnixNano: String(timeNs) })) }],
      },
    ],
  });
}
