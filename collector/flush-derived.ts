// Every few seconds: RED counters and service edges become rows (increments for the pages, cumulative series for PromQL).
import type { ServiceEdges } from './derive/edges/service-edges.ts';
import type { PropagationWatch } from './derive/propagation/propagation-watch.ts';
import type { RepairCounters } from './derive/repairs/repair-counters.ts';
import type { RedSeries, RedTable } from './derive/red/red-table.ts';
import type { SpanMemory } from './model/trace.ts';
import type { HostPairClock } from './reconstruct/clock/host-pair-clock.ts';
import { HistogramHandle, SeriesHandle, type Labels, type SeriesMeta } from './series-writer.ts';
import { REEMIT_MS } from './derive/red/red-table.ts';
import type { StoreTables } from './store/tables/store-tables.ts';

const CALLS: SeriesMeta = { name: 'traces_span_metrics_calls_total', kind: 'counter', unit: '', help: 'Spans by service, name, kind and status; from 100 % of the spans.' };
const DURATION: SeriesMeta = { name: 'traces_span_metrics_duration_seconds', kind: 'histogram', unit: 'seconds', help: 'Duration of spans; from 100 % of the spans.' };
const REQUESTS: SeriesMeta = { name: 'traces_service_graph_request_total', kind: 'counter', unit: '', help: 'Calls between two services.' };
const FAILED: SeriesMeta = { name: 'traces_service_graph_request_failed_total', kind: 'counter', unit: '', help: 'Failed calls between two services.' };
const LATENCY: SeriesMeta = { name: 'traces_service_graph_request_server_seconds', kind: 'histogram', unit: 'seconds', help: 'Duration of calls as the called side measured it.' };

const CLOCK_OFFSET: SeriesMeta = { name: 'winnow_clock_offset_seconds', kind: 'gauge', unit: 'seconds', help: 'What to add to the clock of host to get that of relative_to.' };
const CLOCK_ERROR: SeriesMeta = { name: 'winnow_clock_offset_error_seconds', kind: 'gauge', unit: 'seconds', help: 'Half width of what the offset may be off by.' };
const PROPAGATION: SeriesMeta = { name: 'winnow_propagation_problems_total', kind: 'counter', unit: '', help: 'Places where trace context went wrong, by cause and pair of services; from 100 % of the traces.' };
const REPAIRS: SeriesMeta = { name: 'winnow_reconstruction_warnings_total', kind: 'counter', unit: '', help: 'Spans at which a trace had to be repaired, by service and kind of warning; from 100 % of the traces (kinds clock_*: of kept ones).' };
/** Pairs of hosts with series of their own. */
const MAX_CLOCK_SERIES = 4096;

/** OTLP enum names by number, as the Collector's span metrics write them. */
const KINDS = ['SPAN_KIND_UNSPECIFIED', 'SPAN_KIND_INTERNAL', 'SPAN_KIND_SERVER', 'SPAN_KIND_CLIENT', 'SPAN_KIND_PRODUCER', 'SPAN_KIND_CONSUMER'] as const;
const STATUSES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'] as const;

export interface DerivedSources {
  readonly red: RedTable;
  readonly edges: ServiceEdges;
  readonly propagation: PropagationWatch;
  readonly repairs: RepairCounters;
  readonly clocks: HostPairClock;
  readonly memory: SpanMemory;
  readonly tables: StoreTables;
}

interface CounterHandle {
  readonly series: SeriesHandle;
  readonly createdMs: number;
  told: number;
  toldMs: number;
}

interface EdgeHandles {
  readonly requests: SeriesHandle;
  readonly failed: SeriesHandle;
  readonly latency: HistogramHandle;
  readonly createdMs: number;
  toldCalls: number;
  toldMs: number;
}

export class DerivedFlush {
  readonly #sources: DerivedSources;
  readonly #boundsSeconds: readonly number[];
  readonly #boundsUs: readonly number[];
  /** By RedSeries.key; as bounded as the RED table. */
  readonly #redHandles: { calls: SeriesHandle; duration: HistogramHandle }[] = [];
  /** By client, server and connection type; as bounded as the edge counters. */
  readonly #edgeHandles = new Map<string, EdgeHandles>();
  /** By cause, caller and callee; as bounded as the counters of propagation. */
  readonly #propagationHandles = new Map<string, CounterHandle>();
  /** By service and kind; as bounded as the counters of repairs. */
  readonly #repairHandles = new Map<string, CounterHandle>();
  readonly #clockHandles = new Map<string, { offset: SeriesHandle; error: SeriesHandle }>();

  constructor(sources: DerivedSources) {
    this.#sources = sources;
    this.#boundsSeconds = sources.red.boundsMs.map((ms) => ms / 1000);
    this.#boundsUs = sources.red.boundsMs.map((ms) => Math.round(ms * 1000));
  }

  /** Everything: series, and what {@link writeIncrements} writes. */
  run(nowMs: number): void {
    this.#sources.red.flush(nowMs, (series) => this.#writeRed(series, nowMs));
    this.writeIncrements(nowMs);
    this.#writeEdgeSeries(nowMs);
    this.#writeClocks(nowMs);
    this.#writePropagationSeries(nowMs);
    this.#writeRepairSeries(nowMs);
  }

  /** What decided traces have added since the last call. Before each commit, so that none of it is counted twice or never after a crash. */
  writeIncrements(nowMs: number): void {
    const { edges, propagation, repairs, tables } = this.#sources;
    const minuteSeconds = Math.floor(nowMs / 60_000) * 60;
    for (const row of edges.flush(nowMs)) {
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
    propagation.unanswered.settle(nowMs);
    for (const row of propagation.counters.flush()) tables.propagation.append({ minuteSeconds, ...row });
    for (const row of repairs.flush()) tables.reconstruction.append({ minuteSeconds, ...row });
  }

  #writeRed(told: RedSeries, nowMs: number): void {
    const { memory, tables } = this.#sources;
    const { services, names } = memory;
    let handles = this.#redHandles[told.key];
    if (handles === undefined) {
      const labels: Labels = [
        ['service_name', services.text(told.service)],
        ['span_name', names.text(told.name)],
        ['span_kind', KINDS[told.kind] ?? KINDS[0]],
        ['status_code', STATUSES[told.status] ?? STATUSES[0]],
      ];
      handles = { calls: new SeriesHandle(CALLS, labels, nowMs), duration: new HistogramHandle(DURATION, labels, this.#boundsSeconds, nowMs) };
      this.#redHandles[told.key] = handles;
    }
    handles.calls.write(tables.series, tables.samples, nowMs, told.calls, told.createdMs);
    handles.duration.write(tables.series, tables.samples, nowMs, told.buckets, told.calls, told.sumNs / 1e9, told.createdMs);
    if (!told.changed) return;
    tables.red.append({
      timeSeconds: Math.floor(nowMs / 1000),
      service: services.text(told.service),
      name: names.text(told.name),
      kind: told.kind,
      status: told.status,
      calls: told.newCalls,
      durationSumNs: told.newSumNs,
      boundsUs: this.#boundsUs,
      counts: increments(told.newBuckets),
    });
  }

  #writeEdgeSeries(nowMs: number): void {
    const { edges, tables } = this.#sources;
    for (const edge of edges.series()) {
      const key = `${edge.client}\0${edge.server}\0${edge.connectionType}`;
      const handles = this.#edgeHandles.get(key) ?? this.#newEdge(key, edge, nowMs);
      if (edge.calls === handles.toldCalls && nowMs - handles.toldMs < REEMIT_MS) continue;
      handles.toldCalls = edge.calls;
      handles.toldMs = nowMs;
      handles.requests.write(tables.series, tables.samples, nowMs, edge.calls, handles.createdMs);
      handles.failed.write(tables.series, tables.samples, nowMs, edge.failed, handles.createdMs);
      handles.latency.write(tables.series, tables.samples, nowMs, edge.buckets, edge.calls, edge.durationSumNs / 1e9, handles.createdMs);
    }
  }

  #writeClocks(nowMs: number): void {
    const { clocks, memory, tables } = this.#sources;
    for (const pair of clocks.offsets(memory)) {
      if (pair.fit === 'infeasible') continue;
      const key = `${pair.host}\0${pair.relativeTo}`;
      let handles = this.#clockHandles.get(key);
      if (handles === undefined) {
        if (this.#clockHandles.size >= MAX_CLOCK_SERIES) return;
        const labels: Labels = [['host', pair.host], ['relative_to', pair.relativeTo]];
        handles = { offset: new SeriesHandle(CLOCK_OFFSET, labels, nowMs), error: new SeriesHandle(CLOCK_ERROR, labels, nowMs) };
        this.#clockHandles.set(key, handles);
      }
      handles.offset.write(tables.series, tables.samples, nowMs, pair.offsetNs / 1e9, 0);
      handles.error.write(tables.series, tables.samples, nowMs, pair.errorNs / 1e9, 0);
    }
  }

  #writePropagationSeries(nowMs: number): void {
    for (const { cause, caller, callee, count } of this.#sources.propagation.counters.series()) {
      const labels: Labels = [['cause', cause], ['caller', caller], ['callee', callee]];
      this.#writeCounter(this.#propagationHandles, PROPAGATION, labels, count, nowMs);
    }
  }

  #writeRepairSeries(nowMs: number): void {
    for (const { service, kind, spans } of this.#sources.repairs.series()) this.#writeCounter(this.#repairHandles, REPAIRS, [['service', service], ['kind', kind]], spans, nowMs);
  }

  /** One sample of a counter where it has changed or was not told for long. Empty labels are left out. */
  #writeCounter(handles: Map<string, CounterHandle>, meta: SeriesMeta, labels: Labels, count: number, nowMs: number): void {
    const { series, samples } = this.#sources.tables;
    const key = labels.map(([, value]) => value).join('\0');
    let held = handles.get(key);
    if (held === undefined) {
      held = { series: new SeriesHandle(meta, labels.filter(([, value]) => value !== ''), nowMs), createdMs: nowMs, told: -1, toldMs: 0 };
      handles.set(key, held);
    }
    if (count === held.told && nowMs - held.toldMs < REEMIT_MS) return;
    held.told = count;
    held.toldMs = nowMs;
    held.series.write(series, samples, nowMs, count, held.createdMs);
  }

  #newEdge(key: string, edge: { client: string; server: string; connectionType: string }, nowMs: number): EdgeHandles {
    const labels: Labels = [['client', edge.client], ['server', edge.server], ['connection_type', edge.connectionType]];
    const handles: EdgeHandles = {
      requests: new SeriesHandle(REQUESTS, labels, nowMs),
      failed: new SeriesHandle(FAILED, labels, nowMs),
      latency: new HistogramHandle(LATENCY, labels, this.#boundsSeconds, nowMs),
      createdMs: nowMs,
      toldCalls: -1,
      toldMs: 0,
    };
    this.#edgeHandles.set(key, handles);
    return handles;
  }
}

/** Counts per bucket from counts that add up over the buckets. */
function increments(cumulative: Float64Array): number[] {
  return Array.from(cumulative, (count, i) => count - (i === 0 ? 0 : (cumulative[i - 1] ?? 0)));
}
