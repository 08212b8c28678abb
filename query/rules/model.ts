// What rules are: files, groups and rules as read, the state of each between two evaluations, and what an evaluation asks of its surroundings.
import type { Expr } from '#query/promql/ast.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import type { LabelSet } from '#query/promql/labels.ts';

/** Names and values in the order of the names. An empty value removes the label from what the rule gives. */
export type RuleLabels = ReadonlyMap<string, string>;

interface CommonRule {
  /** The metric that is recorded, or the name of the alert. */
  readonly name: string;
  readonly expr: Expr;
  /** The expression as the printer writes it: what is evaluated and shown. */
  readonly query: string;
  /** Those of the group, with the rule's own in their place where both have one. */
  readonly labels: RuleLabels;
}

export interface RecordingRule extends CommonRule {
  readonly kind: 'recording';
}

export interface AlertingRule extends CommonRule {
  readonly kind: 'alerting';
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** Templates, as are the values of the labels. */
  readonly annotations: RuleLabels;
}

export type Rule = RecordingRule | AlertingRule;

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  /** Absent: the default of whoever evaluates. */
  readonly intervalMs: number | undefined;
  /** Series that a recording rule, alerts that an alerting rule may have; 0: any number. */
  readonly limit: number;
  /** Absent: the default of whoever evaluates. */
  readonly queryOffsetMs: number | undefined;
  readonly rules: readonly Rule[];
}

export interface RuleFile {
  readonly path: string;
  readonly groups: readonly RuleGroup[];
}

type AlertState = 'inactive' | 'pending' | 'firing';

/** One alert of a rule. It never changes: an evaluation puts another one in its place. Times are Unix milliseconds. */
export interface ActiveAlert {
  readonly labels: LabelSet;
  /** Expanded; some may be empty. */
  readonly annotations: RuleLabels;
  /** Inactive alerts have fired and stay for 15 minutes, so that their end is sent. */
  readonly state: AlertState;
  /** Of the last evaluation that had it; 0 where that was a histogram. */
  readonly value: number;
  readonly activeAtMs: number;
  readonly firedAtMs: number | undefined;
  readonly resolvedAtMs: number | undefined;
  readonly keepFiringSinceMs: number | undefined;
  /** Written by whoever sends alerts, kept by the evaluation. */
  readonly lastSentAtMs: number | undefined;
  readonly validUntilMs: number | undefined;
}

type RuleHealth = 'unknown' | 'ok' | 'err';

export interface RuleState {
  readonly health: RuleHealth;
  readonly lastError: string | undefined;
  /** When the last evaluation began, by the clock; absent before the first one. */
  readonly evaluatedAtMs: number | undefined;
  readonly durationMs: number;
  /** By the key of their labels; none of a recording rule. */
  readonly alerts: ReadonlyMap<string, ActiveAlert>;
  /** What the last evaluation wrote, by key: a series that is not there the next time gets a staleness marker. */
  readonly series: ReadonlyMap<string, LabelSet>;
  /** Until the `for` state of a former process is restored, an alerting rule writes no series. */
  readonly restored: boolean;
}

export interface GroupState {
  /** One for each rule of the group, in the same order. */
  readonly rules: readonly RuleState[];
  /** Series of rules that the group no longer has: the next evaluation marks them stale. */
  readonly staleSeries: readonly LabelSet[];
  readonly evaluatedAtMs: number | undefined;
  readonly durationMs: number;
}

/** A series at the instant of a query; the value of a scalar has no labels. */
export interface QuerySample {
  readonly labels: LabelSet;
  readonly value: number | FloatHistogram;
}

/** A point to be written. */
export interface RuleSample {
  readonly labels: LabelSet;
  readonly timeMs: number;
  readonly value: number | FloatHistogram | 'stale';
}

/** Evaluates at one instant: a vector, or a scalar as its only sample. Throws an error with the reason. */
export type QueryFn = (query: string, atMs: number) => Promise<readonly QuerySample[]>;

/** What an evaluation needs from outside. */
export interface Surroundings {
  readonly query: QueryFn;
  /** Writes what one rule gave; when it resolves, queries of later rules see it. A rejection makes the rule unhealthy. */
  readonly write: (samples: readonly RuleSample[]) => Promise<void>;
  /** The clock, for when and how long; the instant of the evaluation is a parameter of its own. */
  readonly nowMs: () => number;
  readonly externalLabels: RuleLabels;
  readonly externalUrl: string;
  /** For groups that name none. */
  readonly queryOffsetMs: number;
  /** Lets other work of the thread have its turn; asked again and again while many alerts are made. */
  readonly pause?: () => Promise<void>;
}

/** What one rule of an evaluation did. */
export interface RuleOutcome {
  /** Samples written, without staleness markers. */
  readonly samples: number;
  readonly failed: boolean;
  /** Templates that could not be expanded; the text of the failure stands in their place. */
  readonly templateErrors: readonly string[];
}

export interface GroupOutcome {
  readonly state: GroupState;
  /** One for each rule, in the same order. */
  readonly rules: readonly RuleOutcome[];
}

/** Evaluates the rules of a group in order. It never throws: what fails is in the state. */
export type EvaluateGroup = (
  group: RuleGroup,
  state: GroupState,
  atMs: number,
  surroundings: Surroundings,
) => Promise<GroupOutcome>;
