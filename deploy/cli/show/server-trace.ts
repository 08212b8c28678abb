// A stored trace of a running Winnow, for `show`: its spans as rows again, and the clock offsets it was stored with.
import type { ClockMethod } from '#collector/reconstruct/clock/clock-method.ts';
import { ApiError } from '#proto/api/common.ts';
import { WhyResponse } from '#proto/api/decisions.ts';
import { TraceResponse } from '#proto/api/trace.ts';
import { encodeRequest } from '../../replay/encode-request.ts';
import { TraceFile } from './trace-file.ts';

/** Longest wait for the server's answer. */
const TIMEOUT_MS = 30_000;
const MIN_CAPACITY = 64;

/** The server does not answer, or not with a trace; the message is for people. */
export class ServerTraceError extends Error {
  override readonly name = 'ServerTraceError';
}

export interface ServerTrace {
  readonly file: TraceFile;
  /** Applies the offsets that the trace was stored with. */
  readonly clocks: ClockMethod;
}

/** @param server HOST:PORT of the query API @param traceId 32 hex digits @throws ServerTraceError */
export async function serverTrace(server: string, traceId: string): Promise<ServerTrace> {
  const { status, body } = await ask(server, `/api/traces/${traceId}`);
  if (status === 404) {
    const why = WhyResponse.safeParse((await ask(server, `/api/why/${traceId}`)).body).data;
    throw new ServerTraceError(`trace ${traceId} is not stored on ${server}: ${why?.answer ?? 'nobody knows why'}`);
  }
  const trace = TraceResponse.safeParse(body).data;
  if (status !== 200 || trace === undefined) {
    const error = ApiError.safeParse(body).data?.error;
    throw new ServerTraceError(
      `${server} answers ${status}: ${error?.message ?? 'not a trace as this version knows it'}${error?.hint === undefined ? '' : ` (${error.hint})`}`,
    );
  }
  const file = new TraceFile(Math.max(MIN_CAPACITY, trace.span_id.length));
  file.add(Buffer.from(encodeRequest('traces', requestOf(traceId, trace))));
  return { file, clocks: storedClocks(trace) };
}

async function ask(server: string, path: string): Promise<{ status: number; body: unknown }> {
  try {
    const response = await fetch(`http://${server}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { status: response.status, body: await response.json() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : String(cause);
    throw new ServerTraceError(
      `no Winnow answers on ${server} (${code}): start it, or say where it is with --server HOST:PORT`,
    );
  }
}

/** OTLP/JSON of what the tree needs; raw times. */
function requestOf(traceId: string, trace: TraceResponse): object {
  const origin = BigInt(trace.summary.start);
  const resourceSpans = trace.resources.map(({ service, host }) => ({
    resource: { attributes: [text('service.name', service), text('host.id', host)] },
    scopeSpans: [{ spans: new Array<object>() }],
  }));
  for (const [i, spanId] of trace.span_id.entries()) {
    const start = origin + BigInt(trace.start_offset_ns[i] ?? 0);
    resourceSpans[trace.resource[i] ?? -1]?.scopeSpans[0]?.spans.push({
      traceId,
      spanId,
      parentSpanId: trace.parent_span_id[i] ?? '',
      name: trace.names[trace.name[i] ?? -1] ?? '',
      kind: trace.kind[i] ?? 0,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + BigInt(trace.duration_ns[i] ?? 0)),
      status: { code: trace.status[i] ?? 0 },
    });
  }
  return { resourceSpans };
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } };
}

function storedClocks(trace: TraceResponse): ClockMethod {
  const byHost = new Map(trace.summary.hosts.map((host) => [host.host, host]));
  return {
    observe: () => undefined,
    mayMove: () => true,
    reachNs: () => Number.POSITIVE_INFINITY,
    correct(view, _dag, clock) {
      for (let host = 0; host < clock.hosts.size; host++) {
        const stored = byHost.get(view.memory.hosts.text(clock.hosts.slots[host] ?? 0));
        clock.offsetNs[host] = stored?.offset_ns ?? 0;
        clock.errorNs[host] = stored?.error_ns ?? 0;
        if (clock.offsetNs[host] !== 0) clock.moved = true;
      }
    },
  };
}
