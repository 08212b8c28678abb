// Every few seconds: RED counters and service edges become rows (increments for the pages, cumulative series for PromQL).
// Increments are written at once, so that a commit of the write-ahead log can say what they cover; series in slices, other work between them.
import { KIND_UNSPECIFIED, SPAN_KINDS, STATUS_CODES, STATUS_UNSET } from '#proto/otlp/enums.ts';
import { CounterSeries } from './counter-series.ts';
import type { EdgeSeries } from '#collector/derive/global/edge-counters.ts';
import type { GlobalFacts } from '#collector/derive/global/global-facts.ts';
import type { RedSeries } from '#collector/derive/red/red-table.ts';
import { isReemitDue, REEMIT_MS } from '#collector/derive/reemit.ts';
import type { HostOffset } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { histogramMembers, SeriesBook, type Labels, type SeriesMeta } from './series-writer.ts';
import type { StoreTables } from '#collector/store/tables/store-tables.ts';
import { gauge, type Metric } from '#collector/model/metric-table.ts';

const CALLS: SeriesMeta = {
  name: 'traces_span_metrics_calls_total',
  kind: 'counter',
  unit: '',
  help: 'Spans by service, name, kind and status; from 100 % of the spans.',
};
const DURATION: SeriesMeta = {
  name: 'traces_span_metrics_duration_seconds',
  kind: 'histogram',
  unit: 'seconds',
  help: 'Duration of spans; from 100 % of the spans.',
};
const REQUESTS: SeriesMeta = {
  name: 'traces_service_graph_request_total',
  kind: 'counter',
  unit: '',
  help: 'Calls between two services.',
};
const FAILED: SeriesMeta = {
  name: 'traces_service_graph_request_failed_total',
  kind: 'counter',
  unit: '',
  help: 'Failed calls between two services.',
};
const LATENCY: SeriesMeta = {
  name: 'traces_service_graph_request_server_seconds',
  kind: 'histogram',
  unit: 'seconds',
  help: 'Duration of calls as the called side measured it.',
};

const CLOCK_OFFSET: SeriesMeta = {
  name: 'winnow_clock_offset_seconds',
  kind: 'gauge',
  unit: 'seconds',
  help: 'What to add to the clock of host to get that of relative_to.',
};
const CLOCK_ERROR: SeriesMeta = {
  name: 'winnow_clock_offset_error_seconds',
  kind: 'gauge',
  unit: 'seconds',
  help: 'Half width of what the offset may be off by.',
};
const PROPAGATION: SeriesMeta = {
  name: 'winnow_propagation_problems_total',
  kind: 'counter',
  unit: '',
  help: 'Places where trace context went wrong, by cause and pair of services; from 100 % of the traces.',
};
const REPAIRS: SeriesMeta = {
  name: 'winnow_reconstruction_warnings_total',
  kind: 'counter',
  unit: '',
  help: 'Spans at which a trace had to be repaired, by service and kind of warning; from 100 % of the traces (kinds clock_*: of kept ones).',
};
/** Rows whose series are written in one slice: some 5,000 samples, a few milliseconds. */
const SLICE_ROWS = 250;
/** Pairs of hosts with series of their own. */
const MAX_CLOCK_SERIES = 4096;

/** OTLP enum names by number, as the Collector's span metrics write them. */
const KINDS = SPAN_KINDS.map((kind) => `SPAN_KIND_${kind.toUpperCase()}`);
const STATUSES = STATUS_CODES.map((code) => `STATUS_CODE_${code.toUpperCase()}`);

export interface DerivedParts {
  readonly facts: GlobalFacts;
  readonly tables: StoreTables;
  /** Series that nothing is counted in for so long end, ms; RED rows end by themselves. */
  readonly expireMs: number;
  /** Has all shards hand over what they have counted. @param isWhole also of spans whose traces are not decided yet */
  readonly collect: (nowMs: number, isWhole: boolean) => void;
}

/** Series of a pair of hosts. */
interface ClockRow {
  readonly row: number;
  edges: number;
  writtenMs: number;
}

export class DerivedFlush {
  /** Pairs of hosts that found no room for series; each flush counts. */
  clockOverflow = 0;
  readonly #parts: DerivedParts;
  readonly #boundsUs: readonly number[];
  /** By RedSeries.key, and by row of the edge counters: as bounded as they are. */
  readonly #red: SeriesBook;
  readonly #edges: SeriesBook;
  /** Per edge with series: calls as written last, when that was, when they had last become more, when the series began. */
  #edgeCalls = new Float64Array(256);
  #edgeMs = new Float64Array(256);
  #edgeActiveMs = new Float64Array(256);
  #edgeStartMs = new Float64Array(256);
  readonly #propagation: CounterSeries;
  readonly #repairs: CounterSeries;
  readonly #clocks = new SeriesBook([
    { meta: CLOCK_OFFSET, le: '' },
    { meta: CLOCK_ERROR, le: '' },
  ]);
  readonly #clockRows = new Map<string, ClockRow>();
  readonly #freeClockRows: number[] = [];
  readonly #values: Float64Array;
  /** The series being written. */
  #pass: Generator<void> | undefined;
  #nowMs = 0;
  /** When the pass before ended: what new series count has come since then. */
  #sinceMs: number | undefined;

  constructor(parts: DerivedParts) {
    const { boundsMs } = parts.facts.red.table;
    const boundsSeconds = boundsMs.map((ms) => ms / 1000);
    this.#parts = parts;
    this.#boundsUs = boundsMs.map((ms) => Math.round(ms * 1000));
    this.#red = new SeriesBook([{ meta: CALLS, le: '' }, ...histogramMembers(DURATION, boundsSeconds)]);
    this.#edges = new SeriesBook([
      { meta: REQUESTS, le: '' },
      { meta: FAILED, le: '' },
      ...histogramMembers(LATENCY, boundsSeconds),
    ]);
    this.#propagation = new CounterSeries(PROPAGATION, parts.expireMs);
    this.#repairs = new CounterSeries(REPAIRS, parts.expireMs);
    this.#values = new Float64Array(this.#edges.width);
  }

  /** Prometheus series alive. */
  get openSeries(): number {
    const { open, width } = this.#red;
    return (
      open * width +
      this.#edges.open * this.#edges.width +
      this.#clocks.open * this.#clocks.width +
      this.#propagation.open +
      this.#repairs.open
    );
  }

  /** Increments at once; then call {@link step} until it returns false. */
  begin(nowMs: number): void {
    const { facts, collect } = this.#parts;
    collect(nowMs, true);
    facts.red.table.flush(nowMs, (series) => this.#writeIncrement(series, nowMs));
    this.#writeIncrements(nowMs);
    this.#pass ??= this.#writeSeries(nowMs);
  }

  /** A slice of the series that are due. Returns whether there are more. */
  step(nowMs: number): boolean {
    if (this.#pass === undefined) return false;
    this.#nowMs = nowMs;
    if (this.#pass.next().done !== true) return true;
    this.#pass = undefined;
    return false;
  }

  /** What decided traces have added since the last call. Before each commit, so that none of it is counted twice or never after a crash. */
  writeIncrements(nowMs: number): void {
    this.#parts.collect(nowMs, false);
    this.#writeIncrements(nowMs);
  }

  #writeIncrements(nowMs: number): void {
    const { facts, tables } = this.#parts;
    const minuteSeconds = Math.floor(nowMs / 60_000) * 60;
    for (const row of facts.graph.flush(nowMs)) {
      tables.edges.append({
        minuteSeconds: row.minuteS,
        caller: row.caller,
        callee: row.callee,
        kind: row.kind,
        calls: row.calls,
        errors: row.errors,
        clientServerCalls: row.clientServerCalls,
        durationSumNs: row.durationSumNs,
        boundsUs: row.durationBuckets.map(([boundUs]) => boundUs),
        counts: row.durationBuckets.map(([, calls]) => calls),
        lagCount: row.lagCount,
        lagSumNs: row.lagSumNs,
      });
    }
    for (const row of facts.propagation.flush()) tables.propagation.append({ minuteSeconds, ...row });
    for (const row of facts.flushRepairs()) tables.reconstruction.append({ minuteSeconds, ...row });
  }

  #writeIncrement(red: RedSeries, nowMs: number): void {
    const { facts, tables } = this.#parts;
    tables.red.append({
      timeSeconds: Math.floor(nowMs / 1000),
      service: facts.names.services.text(red.service),
      name: facts.red.names.text(red.name),
      kind: red.kind,
      status: red.status,
      calls: red.newCalls,
      durationSumNs: red.newSumNs,
      boundsUs: this.#boundsUs,
      counts: increments(red.newBuckets),
    });
  }

  *#writeSeries(beganMs: number): Generator<void> {
    const { facts, tables, expireMs } = this.#parts;
    const { red, graph } = facts;
    const sinceMs = this.#sinceMs ?? beganMs;
    while (red.table.visitSeries(this.#nowMs, SLICE_ROWS, (series) => this.#writeRed(series))) yield;
    let rows = 0;
    for (const edge of graph.series()) if (this.#writeEdge(edge, sinceMs) && ++rows % SLICE_ROWS === 0) yield;
    graph.counters.expire(this.#nowMs, expireMs, ({ row }) =>
      this.#edges.end(row, this.#nowMs, this.#edgeStartMs[row] ?? 0, tables),
    );
    yield;
    facts.clocks.forgetIdle(this.#nowMs, expireMs);
    this.#writeClocks(facts.clocks.offsets(facts.names));
    for (const { row, cause, caller, callee, count } of facts.propagation.series()) {
      this.#propagation.update(
        row,
        count,
        [
          ['cause', cause],
          ['caller', caller],
          ['callee', callee],
        ],
        this.#nowMs,
        sinceMs,
        tables,
      );
    }
    for (const { row, service, kind, spans } of facts.repairs.series()) {
      this.#repairs.update(
        row,
        spans,
        [
          ['service', service],
          ['kind', kind],
        ],
        this.#nowMs,
        sinceMs,
        tables,
      );
    }
    this.#sinceMs = this.#nowMs;
  }

  #writeRed(red: RedSeries): void {
    const { facts, tables } = this.#parts;
    if (red.ended) {
      this.#red.end(red.key, this.#nowMs, red.createdMs, tables);
      return;
    }
    const labels = (): Labels => [
      ['service_name', facts.names.services.text(red.service)],
      ['span_name', facts.red.names.text(red.name)],
      ['span_kind', KINDS[red.kind] ?? KINDS[KIND_UNSPECIFIED]!],
      ['status_code', STATUSES[red.status] ?? STATUSES[STATUS_UNSET]!],
    ];
    const values = this.#values;
    values[0] = red.calls;
    const next = this.#histogram(1, red.buckets, red.calls, red.sumNs / 1e9);
    this.#red.write(red.key, labels, values.subarray(0, next), this.#nowMs, red.createdMs, tables);
  }

  /** Returns whether it was due. */
  #writeEdge(edge: EdgeSeries, sinceMs: number): boolean {
    const { row, calls } = edge;
    const nowMs = this.#nowMs;
    if (row >= this.#edgeMs.length) this.#growEdges(row);
    if (!this.#edges.isOpen(row)) this.#edgeStartMs[row] = sinceMs;
    else if (calls === this.#edgeCalls[row] && !isReemitDue(nowMs, this.#edgeActiveMs[row]!, this.#edgeMs[row]!))
      return false;
    if (calls !== this.#edgeCalls[row] || !this.#edges.isOpen(row)) this.#edgeActiveMs[row] = nowMs;
    this.#edgeCalls[row] = calls;
    this.#edgeMs[row] = nowMs;
    const labels = (): Labels => [
      ['client', edge.client],
      ['server', edge.server],
      ['connection_type', edge.connectionType],
    ];
    const values = this.#values;
    values[0] = calls;
    values[1] = edge.failed;
    this.#histogram(2, edge.buckets, calls, edge.durationSumNs / 1e9);
    this.#edges.write(row, labels, values, nowMs, this.#edgeStartMs[row]!, this.#parts.tables);
    return true;
  }

  /** Buckets, count and sum from `at` on; returns where they end. */
  #histogram(at: number, buckets: ArrayLike<number>, count: number, sum: number): number {
    const values = this.#values;
    for (let i = 0; i < buckets.length; i++) values[at + i] = buckets[i]!;
    values[at + buckets.length] = count;
    values[at + buckets.length + 1] = sum;
    return at + buckets.length + 2;
  }

  #growEdges(row: number): void {
    const longer = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const copy = new Float64Array(row * 2);
      copy.set(column);
      return copy;
    };
    this.#edgeCalls = longer(this.#edgeCalls);
    this.#edgeMs = longer(this.#edgeMs);
    this.#edgeActiveMs = longer(this.#edgeActiveMs);
    this.#edgeStartMs = longer(this.#edgeStartMs);
  }

  /** Gauges: written when something new is known of the pair, again while it is known, ended when it is not any more. */
  #writeClocks(offsets: Iterable<HostOffset>): void {
    const { tables } = this.#parts;
    const nowMs = this.#nowMs;
    const known = new Set<string>();
    for (const pair of offsets) {
      if (pair.fit === 'infeasible') continue;
      const key = `${pair.host}\0${pair.relativeTo}`;
      const held = this.#clockRows.get(key) ?? this.#newClockRow(key);
      if (held === undefined) continue;
      known.add(key);
      if (held.edges === pair.edges && nowMs - held.writtenMs < REEMIT_MS) continue;
      held.edges = pair.edges;
      held.writtenMs = nowMs;
      this.#values[0] = pair.offsetNs / 1e9;
      this.#values[1] = pair.errorNs / 1e9;
      this.#clocks.write(
        held.row,
        () => [
          ['host', pair.host],
          ['relative_to', pair.relativeTo],
        ],
        this.#values,
        nowMs,
        0,
        tables,
      );
    }
    for (const [key, { row }] of this.#clockRows) {
      if (known.has(key)) continue;
      this.#clocks.end(row, nowMs, 0, tables);
      this.#clockRows.delete(key);
      this.#freeClockRows.push(row);
    }
  }

  #newClockRow(key: string): ClockRow | undefined {
    if (this.#clockRows.size >= MAX_CLOCK_SERIES) {
      this.clockOverflow++;
      return undefined;
    }
    const held = { row: this.#freeClockRows.pop() ?? this.#clockRows.size, edges: -1, writtenMs: 0 };
    this.#clockRows.set(key, held);
    return held;
  }
}

/** Counts per bucket from counts that add up over the buckets. */
function increments(cumulative: Float64Array): number[] {
  return Array.from(cumulative, (count, i) => count - (i === 0 ? 0 : (cumulative[i - 1] ?? 0)));
}

export const DERIVED_METRICS: readonly Metric<DerivedFlush>[] = [
  gauge(
    'winnow_derived_series',
    'Prometheus series alive that are made from spans: RED, service graph, clocks, propagation, repairs',
    ({ openSeries }) => openSeries,
  ),
];
