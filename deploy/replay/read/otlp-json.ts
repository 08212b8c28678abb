// Turns one OTLP/JSON document (a request as an SDK or the Collector's file exporter writes it) into an export request.

import { membersOf } from '#proto/model/untyped.ts';
import { encodeRequest } from '../encode-request.ts';
import type { OtlpSignal } from '../otlp-signal.ts';
import type { CaptureRequest } from './capture-request.ts';
import { isObject } from './parse-json.ts';

const signalOfKey: Record<string, OtlpSignal> = {
  resourceSpans: 'traces',
  resource_spans: 'traces',
  resourceLogs: 'logs',
  resource_logs: 'logs',
  resourceMetrics: 'metrics',
  resource_metrics: 'metrics',
};

/** The signal of a document, or undefined when it is no OTLP/JSON. */
export function otlpJsonSignal(document: unknown): OtlpSignal | undefined {
  if (!isObject(document)) return undefined;
  for (const key of Object.keys(document)) {
    const signal = signalOfKey[key];
    if (signal !== undefined) return signal;
  }
  return undefined;
}

/**
 * Encodes the document. `json` keeps the original text when the standard allows it as it is (lowerCamelCase keys, enums
 * as integers); otherwise a receiver would rightly see an empty request in it.
 * @throws CaptureValueError for a value of the wrong type
 */
export function readOtlpJson(signal: OtlpSignal, document: unknown, text: string): CaptureRequest {
  const bytes = encodeRequest(signal, membersOf(document));
  return isStandard(text) ? { signal, bytes, json: text } : { signal, bytes };
}

function isStandard(text: string): boolean {
  return !/"resource_(?:spans|logs|metrics)"|"(?:SPAN_KIND|STATUS_CODE|SEVERITY_NUMBER|AGGREGATION_TEMPORALITY)_[A-Z_0-9]+"/u.test(
    text,
  );
}
