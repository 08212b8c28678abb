// What the API shows of rules and alerts; whoever runs them answers it.
import type { GroupState, RuleGroup } from '#query/rules/model.ts';

export interface RunningGroup {
  readonly group: RuleGroup;
  readonly intervalMs: number;
  readonly state: GroupState;
}

export interface RulesStatus {
  /** By file and name. */
  readonly groups: readonly RunningGroup[];
  /** Addresses that alerts are posted to. */
  readonly alertmanagerUrls: readonly string[];
  /** What is configured, as YAML in Prometheus' words; empty where nothing is. */
  readonly yaml: string;
  /** Settings under the names of Prometheus' flags. */
  readonly flags: Readonly<Record<string, string>>;
  readonly reload: {
    /** Why the last configuration was refused; empty: it runs. */
    readonly problems: readonly string[];
    readonly appliedMs: number;
  };
}

/** Of a server that evaluates no rules. */
export const NO_RULES: RulesStatus = {
  groups: [],
  alertmanagerUrls: [],
  yaml: '',
  flags: {},
  reload: { problems: [], appliedMs: 0 },
};
