// A text that names one trace instead of asking for some: an id as people copy it, a W3C traceparent, or the address of a page about a trace.

export interface TraceAddress {
  /** 32 hex digits, lower case. */
  readonly traceId: string;
  /** 16 hex digits; '' where none is named. */
  readonly spanId: string;
}

/** Longer texts are no address. */
const MAX_CHARS = 4000;
const FULL_DIGITS = 32;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/;
/** 16 digits are a trace id without its upper half. */
const ID = /^(?:0x)?([0-9a-f]{16}|[0-9a-f]{32})$/;
const URL_START = /^https?:\/\//;
const ID_IN_URL = /(?:^|[^0-9a-f])([0-9a-f]{32}|[0-9a-f]{16})(?![0-9a-f])/;
const SPAN_IN_URL = /[?&#](?:span|spanid|span_id|uifind)=([0-9a-f]{16})(?![0-9a-f])/;

/** The trace that the whole text names; undefined when it is something else. */
export function traceAddress(text: string): TraceAddress | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const lower = text.trim().toLowerCase();
  const traceparent = TRACEPARENT.exec(lower);
  if (traceparent !== null) return address(traceparent[1], traceparent[2]);
  if (URL_START.test(lower)) {
    const path = lower.replace(URL_START, '').replace(/^[^/]*/, '');
    return address(ID_IN_URL.exec(path)?.[1], SPAN_IN_URL.exec(path)?.[1]);
  }
  // As the trace page shows it, in groups; and as a UUID.
  return address(ID.exec(lower.replaceAll(/[-·\s]/g, ''))?.[1], undefined);
}

function address(id: string | undefined, span: string | undefined): TraceAddress | undefined {
  if (id === undefined || /^0+$/.test(id)) return undefined;
  return { traceId: id.padStart(FULL_DIGITS, '0'), spanId: span ?? '' };
}
