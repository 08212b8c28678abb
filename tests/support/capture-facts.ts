// What a capture holds, counted by protobufjs and plain maps: the slow reference for what Winnow stores of it.
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { sharedData } from './shared-data.ts';

const root = new protobuf.Root();
root.resolvePath = (_origin, target) =>
  new URL(`../../proto/opentelemetry/${target.replace('opentelemetry/', '')}`, import.meta.url).pathname;
root.loadSync('opentelemetry/proto/collector/trace/v1/trace_service.proto', { keepCase: false });
const TraceRequest = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

interface RawSpan {
  traceId: Uint8Array;
  status?: { code?: number };
}
interface RawRequest {
  resourceSpans: { scopeSpans: { spans: RawSpan[] }[] }[];
}

export interface TraceFacts {
  spans: number;
  errors: number;
}

/** Span and error counts by trace id (hex). @param paths below the shared data root */
export async function captureFacts(...paths: readonly string[]): Promise<Map<string, TraceFacts>> {
  const traces = new Map<string, TraceFacts>();
  for (const path of paths) {
    for await (const request of readCapture(sharedData(path))) {
      if (request.signal !== 'traces') continue;
      const decoded = TraceRequest.decode(request.bytes) as unknown as RawRequest;
      for (const span of decoded.resourceSpans.flatMap((resource) =>
        resource.scopeSpans.flatMap((scope) => scope.spans),
      )) {
        const id = Buffer.from(span.traceId).toString('hex');
        const facts = traces.get(id) ?? { spans: 0, errors: 0 };
        facts.spans++;
        if (span.status?.code === 2) facts.errors++;
        traces.set(id, facts);
      }
    }
  }
  return traces;
}

export function totalSpans(traces: ReadonlyMap<string, TraceFacts>): number {
  let spans = 0;
  for (const facts of traces.values()) spans += facts.spans;
  return spans;
}

export interface CallsRow {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
  readonly status: string;
  readonly count: number;
  readonly sumNs: number;
  /** Cumulative, by bound in seconds as Prometheus writes it (`0.002` … `15`, `+Inf`). */
  readonly buckets: ReadonlyMap<string, number>;
}

/** expected/red/<capture>/calls.csv. */
export function expectedCalls(capture: string): CallsRow[] {
  const lines = readFileSync(sharedData(`expected/red/${capture}/calls.csv`), 'utf8')
    .trimEnd()
    .split('\n')
    .map(csvCells);
  const header = lines[0] ?? [];
  return lines.slice(1).map((cells) => {
    const buckets = new Map<string, number>();
    for (const [i, column] of header.entries()) {
      if (!column.startsWith('le_')) continue;
      const bound = column.slice(3);
      buckets.set(bound === 'inf' ? '+Inf' : String(Number(bound) / 1000), Number(cells[i]));
    }
    const [service = '', name = '', kind = '', status = '', count = '', sumNs = ''] = cells;
    return { service, name, kind, status, count: Number(count), sumNs: Number(sumNs), buckets };
  });
}

/** One CSV line with optional double quotes. */
function csvCells(line: string): string[] {
  const cells: string[] = [];
  for (const match of line.trimEnd().matchAll(/("((?:[^"]|"")*)"|[^,]*)(?:,|$)/g)) {
    if (match.index === line.trimEnd().length && !line.endsWith(',')) break;
    cells.push(match[2] === undefined ? (match[1] ?? '') : match[2].replaceAll('""', '"'));
  }
  return cells;
}

/** The last 56 bits of a trace id as 14 hex digits: its randomness R. */
export function randomnessOf(traceId: string): string {
  return traceId.slice(18);
}
