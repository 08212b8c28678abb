// Tries a configuration on what Winnow received: the decision log says what was kept before, and the stored traces, decided again, what would be.
import { compileConfig, type TriedConfig } from '#collector/simulate/compile-config.ts';
import { estimateAfter, type StoredTrace } from '#collector/simulate/estimate.ts';
import { simulate } from '#collector/simulate/simulate.ts';
import { addTo, rowOf, RowSums } from '#collector/simulate/sums.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';
import { withoutWindow } from '#collector/simulate/without-window.ts';
import type { ConfigError, Result } from '#proto/config/config-error.ts';
import type { Amount, SimulateRequest, SimulateResponse } from '#proto/api/simulate.ts';
import type { DecisionReader } from '../store/decisions/contract.ts';
import type { TimeRange } from '../store/time-range.ts';
import type { TraceReader } from '../store/traces/contract.ts';
import { chooseStored, decisionSums, type LoggedSum, type StoredChoice } from './decision-sums.ts';
import { encodeStored } from './encode-stored.ts';

/** Traces and spans read with one query, about: rows are objects until they are bytes again. */
const BATCH_TRACES = 500;
const BATCH_SPANS = 20_000;
/** Rows of the span table: the choice is bounded in spans, but late ones and copies come on top. */
const SPAN_CAPACITY = 2_000_000;

export async function tryConfig(
  { traces: reader, decisions }: { readonly traces: TraceReader; readonly decisions: DecisionReader },
  request: SimulateRequest,
  range: TimeRange,
): Promise<Result<SimulateResponse, readonly ConfigError[]>> {
  const compiled = compileConfig(request.config, 'configuration', request.feature_gates);
  if (!compiled.ok) return compiled;
  const [sums, choice] = await Promise.all([
    decisionSums(decisions, range),
    chooseStored(decisions, range, request.limit),
  ]);
  const { tried, left } = withoutWindow(compiled.value);
  const { traces, stored } = await readTraces(reader, choice);
  const decided = simulate(traces, tried);
  const rules = new RowSums();
  const services = new RowSums();
  const unseen = addBefore(sums, rules, services);
  const { lost, lostExamples, gained } = estimateAfter(decided, stored, choice.share, rules, services);
  return {
    ok: true,
    value: {
      exact: false,
      services: 'root',
      total: rowOf('total', rules.total, true),
      by_rule: rules.rows(true),
      by_service: services.rows(true),
      newly_lost: { traces: lost, examples: lostExamples },
      newly_kept: { traces: gained, examples: [] },
      basis: {
        start: String(range.startNs),
        end: String(range.endNs),
        traces: decided.length,
        spans: decided.reduce((sum, trace) => sum + trace.spans, 0),
        stored: rules.total.before.kept.traces,
        unseen,
      },
      notes: notesOf(left, choice, decided.length, unseen, compiled.value),
    },
  };
}

/** Puts the log's sums on the `before` side, and what came on both. */
function addBefore(sums: readonly LoggedSum[], rules: RowSums, services: RowSums): Amount {
  const unseen = { traces: 0, spans: 0, bytes: 0 };
  for (const { rule, rootService, kept, dropped, unseen: never } of sums) {
    addTo(unseen, never);
    for (const row of [rules.total, rules.of(rule), services.of(rootService)]) {
      for (const part of [kept, dropped]) addTo(row.before.received, part);
      addTo(row.before.kept, kept);
    }
    for (const row of [rules.total, services.of(rootService)])
      for (const part of [kept, dropped]) addTo(row.after.received, part);
  }
  return unseen;
}

/** The chosen traces whole, and the adjusted count of each by now: a late error may have made it one of a kind that is kept whole. */
async function readTraces(
  reader: TraceReader,
  { traces: chosen, thresholds }: StoredChoice,
): Promise<{ traces: WholeTraces; stored: Map<string, StoredTrace> }> {
  const traces = new WholeTraces(SPAN_CAPACITY);
  const stored = new Map(chosen);
  for (const batch of batches(chosen)) {
    const counts = await reader.adjustedCounts(batch);
    if (counts.length === 0) continue;
    for (const { traceId, adjustedCount } of counts) {
      const known = stored.get(traceId);
      if (known !== undefined)
        stored.set(traceId, { ...known, weight: Math.max(1, Math.min(known.weight, adjustedCount)) });
    }
    const spans = await reader.spans({ traceIds: batch, order: 'identity' });
    const [resources, scopes] = await Promise.all([
      reader.resources(spans.map(({ resourceId }) => resourceId)),
      reader.scopes(spans.map(({ scopeId }) => scopeId)),
    ]);
    traces.add(Buffer.from(encodeStored(spans, { resources: byId(resources), scopes: byId(scopes) }, thresholds)));
  }
  return { traces, stored };
}

function byId<T extends { readonly id: string }>(list: readonly T[]): Map<string, T> {
  return new Map(list.map((one) => [one.id, one]));
}

function batches(chosen: StoredChoice['traces']): string[][] {
  const all: string[][] = [];
  let spans = Infinity;
  for (const [id, { facts }] of chosen) {
    if (spans + facts.spans > BATCH_SPANS || all.at(-1)?.length === BATCH_TRACES) {
      all.push([]);
      spans = 0;
    }
    all.at(-1)?.push(id);
    spans += facts.spans;
  }
  return all;
}

function notesOf(
  left: readonly string[],
  choice: StoredChoice,
  found: number,
  unseen: Amount,
  tried: TriedConfig,
): string[] {
  const notes = left.map(
    (what) => `${what} left out: they depend on all traces of their time, of which only the kept ones are stored`,
  );
  const missing = choice.traces.size - found;
  if (missing > 0) notes.push(`${missing} kept traces are left out: they are past retention, or not stored yet`);
  if (unseen.traces > 0)
    notes.push(
      `${unseen.traces} traces (${unseen.spans} spans) were dropped by rules that keep nothing: no stored trace stands for them, so what of them would be kept is not known`,
    );
  if (choice.weightless > 0)
    notes.push(
      `${choice.weightless} kept traces have no known weight: each counts for itself alone, so that what was dropped beside them is not counted`,
    );
  if (choice.share < 1)
    notes.push('not all stored traces were looked at: a higher limit makes the standard error smaller');
  if (tried.kind === 'collector')
    notes.push(
      "policies that count (rate_limiting, composite, bytes_limiting) see only the stored traces here, and a trace's batches are those of its resources",
    );
  return notes;
}
