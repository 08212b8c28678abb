// The state of a trace and the sentences that explain it, from what is known of it. Pure.
import type { DecisionRow, WhyResponse } from '#proto/api/decisions.ts';

export type WhyFacts = Pick<WhyResponse, 'decisions' | 'stored' | 'collector' | 'refusals'>;
export type WhyAnswer = Pick<WhyResponse, 'state' | 'answer'>;

/** Rows of a decision are in the store by then, unless the store is away. */
const ON_ITS_WAY_MS = 5 * 60_000;
/** How long the decision log is kept unless `retention.decisions` says otherwise. */
const LOG_RETENTION_MS = 3 * 86_400_000;
const NS_PER_MS = 1_000_000n;

const TRIGGERS: Readonly<Record<string, string>> = {
  complete: 'when it was whole and quiet',
  after_root: 'a while after its root, with parents missing',
  timeout: 'at the end of the longest wait',
  memory: 'early, since memory ran short',
  span_limit: 'early, since it was larger than one trace may be',
  shutdown: 'early, at a shutdown',
  rescue: 'when it was brought back',
  late: 'when late spans came, its first decision being forgotten',
};

export function whyAnswer(facts: WhyFacts, nowMs: number): WhyAnswer {
  const { decisions, stored, collector } = facts;
  const first = decisions.findLast((decision) => decision.trigger !== 'late') ?? decisions.at(-1);
  const kept =
    decisions.findLast((decision) => decision.decision === 'kept' && decision.trigger !== 'late') ??
    decisions.findLast((decision) => decision.decision === 'kept');
  const answerOf = (state: WhyAnswer['state'], ...sentences: readonly (string | undefined)[]): WhyAnswer => ({
    state,
    answer: sentences.filter((sentence) => sentence !== undefined && sentence !== '').join(' '),
  });
  if (kept !== undefined) {
    const isNew = nowMs - Number(BigInt(kept.decided_at) / NS_PER_MS) < ON_ITS_WAY_MS;
    if (stored === null && !isNew)
      return answerOf('expired', keptBy(kept), 'It is past retention: its spans are no longer stored.');
    const where = stored === null ? 'It is on its way to the store.' : lateText(stored.late_spans);
    return answerOf('kept', keptBy(kept), completeness(kept), where, rejectedText(facts));
  }
  if (first !== undefined)
    return answerOf('dropped', droppedBy(first), completeness(first), rescueText(facts), rejectedText(facts));
  if (stored !== null)
    return answerOf('kept', 'It is stored; its decision is older than the decision log.', lateText(stored.late_spans));
  if (collector === null)
    return answerOf(
      'never seen',
      'Neither the decision log nor the store knows it, and the collector does not answer: whether it is buffered is not known.',
    );
  if (collector.pending) return answerOf('pending', 'It is buffered and waits for its decision.', rejectedText(facts));
  const { remembered, remembers_since: since } = collector;
  if (remembered !== null) return fromMemory(facts, remembered, Number(BigInt(since) / NS_PER_MS), nowMs);
  if (collector.rejected.length > 0) return answerOf('refused', rejectedText(facts), 'Nothing else of it has arrived.');
  return answerOf(
    'never seen',
    'No span of it has arrived as long as the decision log goes back (3 days).',
    refusalText(facts),
    'Check the exporter’s address and the SDK’s own sampler.',
  );
}

/** The collector remembers a decision that the log does not have: it has not been written yet, never is (overload), or is past retention. */
function fromMemory(
  facts: WhyFacts,
  remembered: NonNullable<NonNullable<WhyFacts['collector']>['remembered']>,
  sinceMs: number,
  nowMs: number,
): WhyAnswer {
  const { decision, rule, threshold } = remembered;
  const how =
    decision === 'kept'
      ? `Kept by ${ruleText(rule)}${threshold === null ? '' : ` at T = ${threshold}`}.`
      : `${ruleText(rule, true)} did not keep it.`;
  if (rule === 'overload')
    return {
      state: 'dropped',
      answer:
        `Turned away at its first span under overload, so that the decision log has no row of it. ${rescueText(facts) ?? ''}`.trim(),
    };
  if (nowMs - sinceMs < LOG_RETENTION_MS)
    return {
      state: decision,
      answer: [
        how,
        'The collector remembers it; its row of the decision log is on its way.',
        decision === 'dropped' ? rescueText(facts) : undefined,
      ]
        .filter(Boolean)
        .join(' '),
    };
  return {
    state: 'expired',
    answer: `${how} The collector remembers that; the row is past the retention of the decision log.`,
  };
}

function keptBy(kept: DecisionRow): string {
  const traces = kept.weight === 1 ? 'itself alone' : `${Number(kept.weight.toPrecision(3))} traces`;
  const nobody =
    kept.trigger === 'rescue'
      ? 'it stands for none: others stand for it already'
      : 'how many it stands for is not known';
  const stands = kept.weight === 0 ? nobody : `it stands for ${traces}`;
  if (isNone(kept))
    return `Kept by ${ruleText(kept.rule)}, decided ${TRIGGERS[kept.trigger] ?? `on ${kept.trigger}`}, without a threshold, and ${stands}.`;
  return `Kept by ${ruleText(kept.rule)}, decided ${TRIGGERS[kept.trigger] ?? `on ${kept.trigger}`}: R = ${kept.randomness} is at least T = ${kept.threshold}, and ${stands}.`;
}

/** No threshold is known, or nothing passes it. */
function isNone({ threshold }: DecisionRow): boolean {
  return BigInt(`0x${threshold}`) >= 2n ** 56n;
}

function droppedBy(row: DecisionRow): string {
  const when = TRIGGERS[row.trigger] ?? `on ${row.trigger}`;
  if (isNone(row))
    return row.rule === '' || row.rule === 'no rule'
      ? `No rule matched it, decided ${when}: what matches none is not kept.`
      : `${ruleText(row.rule, true)} keeps nothing, decided ${when}.`;
  const origin =
    row.randomness === row.trace_id.slice(18) ? '' : ' (from tracestate, or that of a trace it is linked to)';
  return `${ruleText(row.rule, true)} did not keep it, decided ${when}: its randomness R = ${row.randomness}${origin} is below the threshold T = ${row.threshold}.`;
}

function completeness({
  root_present: root,
  missing_parents: missing,
  span_count: spans,
  error_count: errors,
}: DecisionRow): string {
  const gaps = [
    ...(root ? [] : ['without its root']),
    ...(missing > 0 ? [`with ${missing} ${missing === 1 ? 'parent' : 'parents'} missing`] : []),
  ];
  return `It had ${spans} ${spans === 1 ? 'span' : 'spans'} and ${errors} ${errors === 1 ? 'error' : 'errors'}, ${gaps.length === 0 ? 'and was whole' : gaps.join(' and ')}.`;
}

function lateText(late: number): string | undefined {
  return late === 0 ? undefined : `${late} late ${late === 1 ? 'span was' : 'spans were'} added.`;
}

function rescueText({ collector }: WhyFacts): string | undefined {
  if (collector === null || collector.rescuable === null) return undefined;
  return collector.rescuable
    ? 'The rescue ring still holds it: it can be brought back.'
    : 'The rescue ring no longer holds it.';
}

function rejectedText({ collector }: WhyFacts): string | undefined {
  if (collector === null || collector.rejected.length === 0) return undefined;
  return `Spans of it were rejected: ${collector.rejected.join(', ')}.`;
}

function refusalText({ refusals }: WhyFacts): string | undefined {
  const requests = refusals.reduce((sum, refusal) => sum + refusal.requests, 0);
  if (requests === 0) return undefined;
  const reasons = refusals.map((refusal) => `${refusal.requests} ${refusal.reason}`).join(', ');
  return `Since the collector started ${requests} ${requests === 1 ? 'request was' : 'requests were'} refused whole (${reasons}): it may have been in one of them.`;
}

function ruleText(rule: string, atStart = false): string {
  if (rule === '' || rule === 'no rule') return atStart ? 'No rule' : 'no rule';
  return `${atStart ? 'Rule' : 'rule'} “${rule}”`;
}
