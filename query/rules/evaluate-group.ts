// One evaluation of a group: its rules in order, each seeing what the former ones wrote.
import type { LabelSet } from '#query/promql/labels.ts';
import { alertSamples, alertsOf, nextAlerts } from './evaluate-alerting.ts';
import { recordedSamples } from './evaluate-recording.ts';
import type {
  ActiveAlert,
  EvaluateGroup,
  Rule,
  RuleGroup,
  RuleOutcome,
  RuleSample,
  RuleState,
  Surroundings,
} from './model.ts';
import { AlertTemplates } from './template/alert-template.ts';

export const evaluateGroup: EvaluateGroup = async (group, state, atMs, surroundings) => {
  const startedMs = surroundings.nowMs();
  const rules: RuleState[] = [];
  const outcomes: RuleOutcome[] = [];
  for (const [at, rule] of group.rules.entries()) {
    const former = state.rules[at];
    if (former === undefined) throw new Error(`the state of group ${group.name} has no rule ${at + 1}`);
    const { next, outcome } = await evaluateRule(rule, group, former, atMs, surroundings);
    rules.push(next);
    outcomes.push(outcome);
  }
  const staleSeries = await markStale(group, state.staleSeries, atMs, surroundings);
  const durationMs = surroundings.nowMs() - startedMs;
  return { state: { rules, staleSeries, evaluatedAtMs: startedMs, durationMs }, rules: outcomes };
};

interface Evaluated {
  readonly next: RuleState;
  readonly outcome: RuleOutcome;
}

/** What the expression gave. */
interface RuleResult {
  readonly samples: readonly RuleSample[];
  readonly alerts: ReadonlyMap<string, ActiveAlert>;
  readonly templateErrors: readonly string[];
  /** The rule has more than its limit: it fails, and its alerts are forgotten. */
  readonly error?: string;
}

async function evaluateRule(
  rule: Rule,
  group: RuleGroup,
  former: RuleState,
  atMs: number,
  surroundings: Surroundings,
): Promise<Evaluated> {
  const startedMs = surroundings.nowMs();
  const finished = (changes: Partial<RuleState>, error: string | undefined, outcome: RuleOutcome): Evaluated => ({
    next: {
      ...former,
      ...changes,
      health: error === undefined ? 'ok' : 'err',
      lastError: error,
      evaluatedAtMs: startedMs,
      durationMs: surroundings.nowMs() - startedMs,
    },
    outcome,
  });
  const timeMs = atMs - (group.queryOffsetMs ?? surroundings.queryOffsetMs);
  let result: RuleResult;
  try {
    result = await resultOf(rule, group.limit, former, { atMs, timeMs }, surroundings);
  } catch (error) {
    return finished({}, messageOf(error), { samples: 0, failed: true, templateErrors: [] });
  }
  const { samples, alerts, templateErrors, error } = result;
  if (error !== undefined) return finished({ alerts }, error, { samples: 0, failed: true, templateErrors });
  const series = new Map(samples.map(({ labels }) => [labels.key, labels]));
  try {
    await write([...samples, ...vanished(former.series, series, timeMs)], surroundings);
  } catch (failure) {
    return finished({ alerts }, messageOf(failure), { samples: 0, failed: true, templateErrors });
  }
  return finished({ alerts, series }, undefined, { samples: samples.length, failed: false, templateErrors });
}

async function resultOf(
  rule: Rule,
  limit: number,
  former: RuleState,
  { atMs, timeMs }: { readonly atMs: number; readonly timeMs: number },
  { query, externalLabels, externalUrl, pause }: Surroundings,
): Promise<RuleResult> {
  const result = await query(rule.query, timeMs);
  if (rule.kind === 'recording')
    return { samples: recordedSamples(rule, limit, result, timeMs), alerts: former.alerts, templateErrors: [] };
  const templates = new AlertTemplates(rule.name, atMs, query, { labels: externalLabels, url: externalUrl });
  const found = await alertsOf(rule, result, atMs, templates, pause);
  const alerts = nextAlerts(rule, former.alerts, found, atMs);
  const active = [...alerts.values()].filter(({ state }) => state !== 'inactive').length;
  const templateErrors = templates.errors;
  if (limit > 0 && active > limit) {
    const error = `exceeded limit of ${limit} with ${active} alerts`;
    return { samples: [], alerts: new Map(), templateErrors, error };
  }
  const samples = former.restored ? alertSamples(rule, alerts, timeMs) : [];
  return { samples, alerts, templateErrors };
}

/** Staleness markers of series that the rule has no more. */
function vanished(
  former: ReadonlyMap<string, LabelSet>,
  series: ReadonlyMap<string, LabelSet>,
  timeMs: number,
): RuleSample[] {
  return [...former]
    .filter(([key]) => !series.has(key))
    .map(([, labels]): RuleSample => ({ labels, timeMs, value: 'stale' }));
}

async function write(samples: readonly RuleSample[], { write: writeOut }: Surroundings): Promise<void> {
  if (samples.length > 0) await writeOut(samples);
}

/** Those that could not be marked are tried again the next time. */
async function markStale(
  group: RuleGroup,
  staleSeries: readonly LabelSet[],
  atMs: number,
  surroundings: Surroundings,
): Promise<readonly LabelSet[]> {
  const timeMs = atMs - (group.queryOffsetMs ?? surroundings.queryOffsetMs);
  try {
    await write(
      staleSeries.map((labels): RuleSample => ({ labels, timeMs, value: 'stale' })),
      surroundings,
    );
    return [];
  } catch {
    return staleSeries;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
