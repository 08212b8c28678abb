// Where trace context went wrong: each cause on traces made for it, what is none of it, and each way in which the shop can be broken.
import { describe, expect, it } from 'vitest';
import type { PropagationCounters, PropagationRow } from '#collector/derive/global/propagation-counters.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { TraceDag } from '#collector/reconstruct/dag.ts';
import { traceViewOf } from '#collector/simulate/trace-view-of.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import type { BreakCause } from '#deploy/demo/scenarios.ts';
import { createShop } from '#deploy/demo/shop.ts';
import { ServiceEdges } from '#tests/support/joined-facts.ts';
import { traceRequest, type PlainSpan } from '../../../support/trace-builder.ts';

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const SECOND = 1e9;
const LATE_MS = 100;
const SAMPLED = 0x101;
const NOT_SAMPLED = 0x100;

class Watched {
  readonly file = new TraceFile(60_000);
  readonly edges = new ServiceEdges({ memory: this.file.memory, boundsMs: [1], producers: 4096, lateMs: LATE_MS });
  readonly #dag = new TraceDag();

  get counters(): PropagationCounters {
    return this.edges.joined.global.propagation;
  }

  decide(view: TraceView, kept = true): void {
    this.#dag.link(view);
    this.edges.observe(view, this.#dag);
    this.edges.watchPropagation(view, this.#dag, kept);
  }

  flush(nowMs = 0): PropagationRow[] {
    this.edges.joined.addPropagation(this.edges.watch, nowMs);
    return this.counters.flush();
  }

  /** `cause caller > callee count/of`, without what has no host. */
  report(nowMs = LATE_MS): string[] {
    this.edges.joined.addPropagation(this.edges.watch, 0);
    const rows = this.flush(nowMs).filter(({ count }) => count > 0);
    return rows
      .map(({ cause, caller, callee, count, of }) => `${cause} ${caller} > ${callee} ${count}/${of}`)
      .toSorted();
  }
}

/** Report over whole traces, on hosts, decided in order. */
function reportOf(...traces: PlainSpan[][]): string[] {
  const watched = new Watched();
  for (const [i, spans] of traces.entries())
    watched.file.add(
      traceRequest(
        (i + 1).toString(16),
        spans.map((span) => ({ host: 'h', ...span })),
      ),
    );
  for (const id of watched.file.ids()) watched.decide(watched.file.view(id)!);
  return watched.report();
}

const call = { 'server.address': 'b.shop.svc' };
const answered: PlainSpan[] = [
  { id: '1', service: 'a', kind: CLIENT, start: 0, end: 100, attributes: call },
  { id: '2', parent: '1', service: 'b', kind: SERVER, start: 10, end: 90 },
];
const silent: PlainSpan = { id: '1', service: 'a', kind: CLIENT, start: 0, end: 100, attributes: call };

describe('context', () => {
  it('is lost where a call names a service that reports but is not in the trace', () => {
    expect(reportOf(answered, [silent], [{ id: '9', service: 'b', kind: SERVER, start: 20, end: 80 }])).toEqual([
      'lost a > b 1/2',
    ]);
  });

  it('is not lost where the call failed, nobody of that name reports, or the trace has gaps', () => {
    expect(reportOf(answered, [{ ...silent, status: 2 }])).toEqual([]);
    expect(reportOf([{ ...silent, attributes: { 'server.address': 'api.example.org' } }])).toEqual([]);
    expect(
      reportOf(answered, [silent, { id: '5', parent: '77', service: 'b', kind: SERVER, start: 10, end: 20 }]),
    ).toEqual([]);
  });

  it('is not lost where the answer comes late, in time', () => {
    const watched = new Watched();
    watched.file.add(
      traceRequest(
        '1',
        answered.map((span) => ({ host: 'h', ...span })),
      ),
    );
    const rows = watched.file.view(watched.file.ids()[0]!)!.rows;
    const [first, second] = [0, 1].map((i) =>
      traceViewOf(watched.file.memory, '1'.padStart(32, '0'), rows.slice(i, i + 1)),
    );
    watched.decide(first!);
    expect(watched.edges.watch.unanswered.waiting).toBe(1);
    watched.decide(second!);
    expect(watched.report()).toEqual([]);
    expect(watched.edges.watch.unanswered.waiting).toBe(0);
  });

  it('is lost on retry where only an earlier attempt was answered', () => {
    const attempt = { parent: 'f', service: 'a', name: 'charge', kind: CLIENT };
    expect(
      reportOf([
        { id: 'f', service: 'a', kind: SERVER, start: 0, end: 100 },
        { ...attempt, id: '1', start: 0, end: 10, status: 2 },
        { id: '2', parent: '1', service: 'b', kind: SERVER, start: 2, end: 8, status: 2 },
        { ...attempt, id: '3', start: 20, end: 30 },
      ]),
    ).toEqual(['lost_on_retry a > b 1/2']);
  });

  it('leaks where a request hangs on one that ended long ago, or a trace has roots far apart', () => {
    const request = { service: 'a', kind: SERVER };
    expect(
      reportOf([
        { ...request, id: '1', start: 0, end: 100 },
        { ...request, id: '2', parent: '1', start: 2 * SECOND, end: 2 * SECOND + 5 },
      ]),
    ).toEqual(['leaked a > a 1/2']);
    expect(
      reportOf([
        { ...request, id: '1', start: 0, end: 100 },
        { id: '2', service: 'b', kind: SERVER, start: 2 * SECOND, end: 3 * SECOND },
      ]),
    ).toEqual(['leaked a > b 1/1']);
    expect(
      reportOf([
        { ...request, id: '1', start: 0, end: 100 },
        { ...request, id: '2', parent: '1', start: 200, end: 300 },
        { ...request, id: '3', start: 400, end: 500 },
      ]),
    ).toEqual([]);
  });

  it('wants a link where a consumer handles several messages, or one that waited long', () => {
    const send: PlainSpan = { id: '1', service: 'a', kind: PRODUCER, start: 0, end: 10 };
    const receive: PlainSpan = { id: '2', parent: '1', service: 'b', kind: CONSUMER, start: 50, end: 60 };
    expect(reportOf([send, receive])).toEqual([]);
    expect(reportOf([send, { ...receive, start: 6 * SECOND, end: 7 * SECOND }])).toEqual(['queue_parent a > b 1/1']);
    expect(reportOf([send, { ...receive, links: [{ trace: 'abc', span: '5' }] }])).toEqual(['queue_parent a > b 1/1']);
    const watched = new Watched();
    watched.file.add(
      traceRequest(
        '1',
        [send, receive].map((span) => ({ host: 'h', ...span })),
      ),
    );
    const rows = watched.file.view(watched.file.ids()[0]!)!.rows;
    for (const i of [0, 1])
      watched.decide(traceViewOf(watched.file.memory, '1'.padStart(32, '0'), rows.slice(i, i + 1)));
    expect(watched.report(), 'the consumer came after the decision').toEqual(['queue_parent a > b 1/1']);
  });

  it('differs in its sampling by the flag where both tell it, or by the threshold that the callee does not pass on', () => {
    const [client, server] = answered as [PlainSpan, PlainSpan];
    const pair = (caller: Partial<PlainSpan>, callee: Partial<PlainSpan>): string[] =>
      reportOf([
        { ...client, ...caller },
        { ...server, ...callee },
      ]);
    expect(pair({ flags: SAMPLED }, { flags: NOT_SAMPLED })).toEqual(['sampling_differs a > b 1/1']);
    expect(pair({ flags: SAMPLED }, { flags: 0 })).toEqual([]);
    expect(
      pair({ flags: SAMPLED, traceState: 'x=y,ot=rv:00000000000000;th:c' }, { flags: SAMPLED, traceState: 'ot=th:c0' }),
    ).toEqual([]);
    expect(pair({ traceState: 'ot=th:c' }, { traceState: 'ot=th:8' })).toEqual(['sampling_differs a > b 1/1']);
    expect(pair({ traceState: 'ot=th:c' }, {})).toEqual(['sampling_differs a > b 1/1']);
    expect(pair({}, { traceState: 'other=th:c' })).toEqual([]);
  });

  it('tells of spans without a host, with a kept trace for an example before others', () => {
    const watched = new Watched();
    for (const id of ['1', '2', '3'])
      watched.file.add(
        traceRequest(id, [
          { id: '1', service: 'a', start: 0, end: 1 },
          { id: '2', service: 'a', host: 'h', start: 0, end: 1 },
        ]),
      );
    for (const [i, id] of watched.file.ids().entries()) watched.decide(watched.file.view(id)!, i === 1);
    const [row] = watched.flush();
    expect(row).toMatchObject({ cause: 'no_host', caller: '', callee: 'a', count: 3, of: 6, exampleKept: true });
    expect([...row!.example]).toEqual([0, 0, 0, 2]);
    expect(watched.flush()).toEqual([]);
    expect([...watched.counters.series()]).toEqual([{ row: 0, cause: 'no_host', caller: '', callee: 'a', count: 3 }]);
  });
});

/** Causes and pairs that a broken shop shows. */
function shopReport(broken?: BreakCause): string[] {
  const watched = new Watched();
  const shop = createShop({ seed: 3, spansPerBatch: 400, ...(broken !== undefined && { broken }) });
  for (let i = 0; i < 60; i++)
    watched.file.add(Buffer.from(shop.next(1_800_000_000_000_000_000n + BigInt(i >> 1) * 250_000_000n).traces));
  for (const id of watched.file.ids()) watched.decide(watched.file.view(id)!);
  return watched.report().map((line) => line.slice(0, line.lastIndexOf(' ')));
}

describe('the shop', () => {
  it('shows nothing while nothing is broken', () => {
    expect(shopReport()).toEqual([]);
  });

  it.each<[BreakCause, string[]]>([
    ['lost-context', ['lost checkout > shipping', 'lost fulfilment > shipping', 'lost payment > shipping']],
    ['retry-context', ['lost_on_retry checkout > payment']],
    ['leaked-context', ['leaked currency > currency']],
    ['queue-parent', ['queue_parent checkout > accounting', 'queue_parent checkout > fulfilment']],
    ['sampled-flag', ['sampling_differs frontend > recommendation', 'sampling_differs recommendation > catalog']],
    ['no-host', ['no_host  > ads']],
  ])('shows what %s breaks, and nothing else', (cause, lines) => {
    expect(shopReport(cause)).toEqual(lines);
  });
});
