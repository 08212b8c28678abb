// Hostile and odd trace requests sent to a whole running Winnow: answered as listed beside them, stored or not, and everything stored opens in every view.
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SearchResponse, type TraceSummary } from '#proto/api/search.ts';
import { SpanDetailResponse, TraceResponse } from '#proto/api/trace.ts';
import { otlpType } from '../support/otlp-proto.ts';
import { sendGrpc, sendHttp, type WireAnswer } from '../support/recorded-requests.ts';
import { conserved, RunningWinnow, type LedgerCounts } from '../support/running-winnow.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';
import { EVER, storedTraces } from '../support/stored-traces.ts';

interface FuzzCase {
  readonly file: string;
  readonly expect: string;
  readonly why: string;
}

interface Sent extends FuzzCase {
  readonly status: number;
  readonly hasMessage: boolean;
  readonly rejectedSpans: number;
  /** What the request added to the ledger. */
  readonly received: number;
  readonly rejected: number;
}

/** Short waits: the requests of one case are all that its traces get. */
const CONFIG = 'sampling: { wait: { quiet: 500ms, after_root: 1s, max: 2s } }\nred: { flush_every: 1s }\n';
const TraceRequest = otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
const TraceAnswer = otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse');
const INVALID_ARGUMENT = 3;
/** Stands for names that are too long to be interned. */
const OVERFLOW = '__overflow__';
/** Bytes that are no UTF-8 are stored as they came and shown as this: nobody can type them. */
const REPLACED = '\ufffd';
/** The real batch behind many cases holds dozens of plain traces: so many of each case are looked at. */
const TRACES_PER_CASE = 2;

const casesOf = (folder: string): FuzzCase[] =>
  JSON.parse(readFileSync(sharedData(`fuzz/${folder}/index.json`), 'utf8')) as FuzzCase[];
const bodyOf = (folder: string, file: string): Buffer => readFileSync(sharedData(`fuzz/${folder}/${file}`));

const RUNS = [
  { name: 'OTLP/HTTP, protobuf', folder: 'otlp-pb-derived', transport: 'http', type: 'application/x-protobuf' },
  { name: 'OTLP/HTTP, JSON', folder: 'otlp-json', transport: 'http', type: 'application/json' },
  { name: 'OTLP/gRPC', folder: 'otlp-pb-derived', transport: 'grpc', type: 'application/grpc' },
] as const;

for (const { name, folder, transport, type } of RUNS)
  describeWithData(`hostile requests over ${name}`, () => {
    let winnow: RunningWinnow;
    let session: http2.ClientHttp2Session;
    const sent: Sent[] = [];
    let settled: LedgerCounts;

    beforeAll(async () => {
      winnow = await RunningWinnow.start(CONFIG);
      session = http2.connect(`http://${winnow.addresses['otlp_grpc']}`);
      let before = (await winnow.ledger()).spans;
      for (const [number, fuzz] of casesOf(folder).entries()) {
        const answer = await send(withOwnTraces(bodyOf(folder, fuzz.file), number));
        const after = (await winnow.ledger()).spans;
        sent.push({
          ...fuzz,
          status:
            transport === 'grpc'
              ? answer.status === 0
                ? 200
                : answer.status === INVALID_ARGUMENT
                  ? 400
                  : answer.status
              : answer.status,
          hasMessage: answer.message !== '' && (transport === 'grpc' || answer.body.length > 2),
          rejectedSpans: rejectedSpansOf(answer),
          received: after.received - before.received,
          rejected: after.rejected - before.rejected,
        });
        before = after;
      }
      settled = (await winnow.settled(30_000)).spans;
    });
    afterAll(async () => {
      session.close();
      await winnow.stop();
    });

    function send(body: Buffer): Promise<WireAnswer> {
      if (transport === 'http') {
        return sendHttp(Number(winnow.addresses['otlp_http']?.split(':').at(-1)), {
          method_or_path: '/v1/traces',
          headers: { Host: 'x', 'Content-Type': type },
          body,
        });
      }
      const headers = {
        ':method': 'POST',
        ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        'content-type': type,
        te: 'trailers',
      };
      return sendGrpc(session, { headers, body });
    }

    async function someOfEachCase(): Promise<TraceSummary[]> {
      const seen = new Map<string, number>();
      return (await storedTraces(winnow)).filter(({ trace_id }) => {
        const mark = trace_id.slice(0, 4);
        seen.set(mark, (seen.get(mark) ?? 0) + 1);
        return (seen.get(mark) ?? 0) <= TRACES_PER_CASE;
      });
    }

    function rejectedSpansOf(answer: WireAnswer): number {
      if (answer.status !== 0 && answer.status !== 200) return 0;
      if (type === 'application/json') {
        const { partialSuccess } = JSON.parse(answer.body.toString()) as {
          partialSuccess?: { rejectedSpans?: string | number };
        };
        return Number(partialSuccess?.rejectedSpans ?? 0);
      }
      const message = transport === 'grpc' ? answer.body.subarray(5) : answer.body;
      const decoded = TraceAnswer.toObject(TraceAnswer.decode(message), { longs: Number }) as {
        partialSuccess?: { rejectedSpans?: number };
      };
      return decoded.partialSuccess?.rejectedSpans ?? 0;
    }

    it('answers every case as listed, and takes as many spans as it says', () => {
      expect(sent.length).toBeGreaterThan(20);
      for (const one of sent) expect(allowed(one.expect), JSON.stringify(one)).toContain(outcomeOf(one));
    });

    it.each(folder === 'otlp-pb-derived' ? ['protobuf'] : [])('takes every span of the requests it accepts', () => {
      for (const one of sent.filter((each) => each.status === 200 && /^(?:accept|reject-span)/.test(each.expect))) {
        expect([one.file, one.received]).toEqual([one.file, spansIn(bodyOf(folder, one.file))]);
      }
    });

    it('balances the ledger: what was accepted is stored, nothing else is', async () => {
      const [received, rejected] = [sum(sent, 'received'), sum(sent, 'rejected')];
      expect(settled).toMatchObject({
        received,
        rejected,
        dropped: 0,
        sampled_out: 0,
        pending: 0,
        stored: received - rejected,
      });
      expect(conserved(settled)).toBe(true);
      const metrics = await winnow.metrics();
      const refused = sent.filter((one) => one.status === 400).length;
      expect(metrics).toContain(`winnow_requests_refused_total{signal="traces",reason="malformed"} ${refused}`);
      const traces = await storedTraces(winnow);
      expect(traces.reduce((total, trace) => total + trace.span_count, 0)).toBe(settled.stored);
    });

    it.each(transport === 'http' ? ['http'] : [])(
      'opens stored traces of every case in every view, with each of its spans',
      async () => {
        const traces = await someOfEachCase();
        expect(traces.length).toBeGreaterThan(5);
        for (const summary of traces) {
          const trace = TraceResponse.parse(await winnow.api(`/api/traces/${summary.trace_id}`));
          const full = SpanDetailResponse.parse(await winnow.api(`/api/traces/${summary.trace_id}/full`));
          expect([summary.trace_id, trace.span_id.length, full.spans.length]).toEqual([
            summary.trace_id,
            summary.span_count,
            summary.span_count,
          ]);
          expect(
            trace.parent.every((parent, at) => parent >= -1 && parent < trace.parent.length && parent !== at),
          ).toBe(true);
          expect(await winnow.api(`/api/why/${summary.trace_id}`)).toMatchObject({ trace_id: summary.trace_id });
          const span = full.spans[0]!;
          await winnow.api(`/api/traces/${summary.trace_id}/spans/${span.span_id}`);
        }
      },
    );

    it.each(transport === 'http' ? ['http'] : [])(
      'finds them by their service and operation, however those are written',
      async () => {
        for (const { trace_id, root_service, root_name } of await someOfEachCase()) {
          if (root_service === '' || root_name === OVERFLOW || root_name.includes(REPLACED)) continue;
          const found = SearchResponse.parse(
            await winnow.api(
              `/api/search?${EVER}&limit=200&service=${encodeURIComponent(root_service)}&operation=${encodeURIComponent(root_name)}`,
            ),
          );
          expect(
            found.traces.map((trace) => trace.trace_id),
            JSON.stringify([root_service, root_name]),
          ).toContain(trace_id);
        }
      },
    );

    it('still answers on all of its pages, and counts each span once in RED', async () => {
      for (const route of ['services', 'dependencies', 'decisions', 'facets', 'heatmap', 'logs'])
        await winnow.api(`/api/${route}?${EVER}`);
      const expected = String(settled.stored);
      await winnow.until(
        async () =>
          (await winnow.promql('sum(traces_span_metrics_calls_total)'))[0]?.value[1] === expected ? true : undefined,
        10_000,
        async () => JSON.stringify([expected, await winnow.promql('sum(traces_span_metrics_calls_total)')]),
      );
      expect(winnow.log).not.toMatch(/ended \(|could not be processed|internal error/);
    });
  });

/** The cases share a few trace ids: each gets its own, so that none hides behind another. Bodies that no reader understands stay as they are. */
function withOwnTraces(body: Buffer, number: number): Buffer {
  const own = Buffer.from(body);
  for (const id of traceIdsIn(body)) {
    const isHex = typeof id === 'string';
    const mark = isHex ? (0xf000 + number).toString(16) : Buffer.from([0xf0, number]);
    for (let at = own.indexOf(id); at >= 0; at = own.indexOf(id, at + 1)) {
      if (typeof mark === 'string') own.write(mark, at);
      else mark.copy(own, at);
    }
  }
  return own;
}

function traceIdsIn(body: Buffer): readonly (string | Buffer)[] {
  const hex = [...body.toString('latin1').matchAll(/"traceId":\s*"([0-9a-fA-F]{32})"/g)].map((match) => match[1] ?? '');
  if (hex.length > 0) return [...new Set(hex)].filter((id) => !/^0+$/.test(id));
  try {
    const decoded = TraceRequest.toObject(TraceRequest.decode(body), { arrays: true, bytes: Buffer }) as {
      resourceSpans: { scopeSpans: { spans: { traceId?: Buffer }[] }[] }[];
    };
    const ids = decoded.resourceSpans.flatMap((group) =>
      group.scopeSpans.flatMap((scope) =>
        scope.spans.map((span) => (span.traceId ?? Buffer.alloc(0)).toString('latin1')),
      ),
    );
    return [...new Set(ids)]
      .map((id) => Buffer.from(id, 'latin1'))
      .filter((id) => id.length === 16 && id.some((byte) => byte !== 0));
  } catch {
    return [];
  }
}

function outcomeOf(sent: Sent): string {
  if (sent.rejectedSpans !== sent.rejected) return 'another number in partial_success than in the ledger';
  if (sent.status === 400)
    return sent.received === 0 && sent.hasMessage ? 'reject' : 'reject without a word, or in part';
  if (sent.status !== 200) return `status ${sent.status}`;
  return sent.rejected > 0 ? 'reject-span' : 'accept';
}

function allowed(expected: string): readonly string[] {
  if (expected === 'reject' || expected === 'reject-span') return [expected];
  if (expected === 'accept-or-reject-span') return ['accept', 'reject-span'];
  return expected.startsWith('accept') ? ['accept'] : ['accept', 'reject', 'reject-span'];
}

function spansIn(body: Buffer): number {
  const decoded = TraceRequest.toObject(TraceRequest.decode(body), { arrays: true }) as {
    resourceSpans: { scopeSpans: { spans: unknown[] }[] }[];
  };
  return decoded.resourceSpans.reduce(
    (total, group) => total + group.scopeSpans.reduce((inner, scope) => inner + scope.spans.length, 0),
    0,
  );
}

function sum(sent: readonly Sent[], key: 'received' | 'rejected'): number {
  return sent.reduce((total, one) => total + one[key], 0);
}
