// What clients ask of rules: /rules with its filters and pages, /alerts and /alertmanagers.
import { createHash } from 'node:crypto';
import { LabelSet } from '#query/promql/labels.ts';
import type { Matcher } from '#query/promql/matcher.ts';
import { quote } from '#query/promql/quote.ts';
import type { Rule, RuleGroup } from '#query/rules/model.ts';
import { success, type Success } from './envelope.ts';
import { invalidParameter, parseMatcherSets, type Params } from './params.ts';
import type { RouteContext } from './query-routes.ts';
import { activeAlerts, alertingJson, alertJson, groupJson, recordingJson } from './rules-json.ts';
import type { RunningGroup } from './rules-status.ts';

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'true']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'false']);

interface Filter {
  readonly type: string;
  readonly isWithAlerts: boolean;
  readonly ruleNames: ReadonlySet<string>;
  readonly groupNames: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
  readonly matcherSets: readonly (readonly Matcher[])[];
}

interface Page {
  /** Groups of a page; undefined: all. */
  readonly limit: number | undefined;
  /** Of the first group; empty: of the first page. */
  readonly token: string;
}

function parsePage(params: Params): Page {
  const limit = params.get('group_limit');
  const token = params.get('group_next_token');
  if (token !== '' && limit === '') {
    throw invalidParameter('group_next_token', 'group_limit needs to be present in order to paginate over the groups');
  }
  if (limit === '') return { limit: undefined, token };
  const reason = !/^[+-]?\d+$/.test(limit)
    ? 'invalid syntax'
    : Math.abs(Number(limit)) > 2 ** 31 - 1
      ? 'value out of range'
      : undefined;
  if (reason !== undefined) {
    throw invalidParameter(
      'group_limit',
      `group_limit needs to be a valid number: strconv.ParseInt: parsing ${quote(limit)}: ${reason}`,
    );
  }
  if (Number(limit) <= 0) throw invalidParameter('group_limit', 'group_limit needs to be greater than 0');
  return { limit: Number(limit), token };
}

function parseFilter(params: Params): Filter {
  const matcherSets = parseMatcherSets(params, true);
  const type = params.get('type').toLowerCase();
  if (type !== '' && type !== 'alert' && type !== 'record')
    throw invalidParameter('type', `not supported value ${quote(type)}`);
  const exclude = params.get('exclude_alerts').toLowerCase();
  if (exclude !== '' && !TRUE.has(exclude) && !FALSE.has(exclude)) {
    throw invalidParameter(
      'exclude_alerts',
      `error converting exclude_alerts: strconv.ParseBool: parsing ${quote(exclude)}: invalid syntax`,
    );
  }
  return {
    type,
    isWithAlerts: !TRUE.has(exclude),
    ruleNames: new Set(params.all('rule_name[]')),
    groupNames: new Set(params.all('rule_group[]')),
    files: new Set(params.all('file[]')),
    matcherSets,
  };
}

/** The SHA-256 of file and name. */
function tokenOf({ file, name }: RuleGroup): string {
  return createHash('sha256').update(`${file};${name}`).digest('hex');
}

/** Matchers are held against the labels that the rule adds, templates as they are written. */
function isSelected(rule: Rule, { type, ruleNames, matcherSets }: Filter): boolean {
  if (type !== '' && (type === 'alert') !== (rule.kind === 'alerting')) return false;
  if (ruleNames.size > 0 && !ruleNames.has(rule.name)) return false;
  if (matcherSets.length === 0) return true;
  const labels = LabelSet.from(rule.labels);
  return matcherSets.some((matchers) => matchers.every(({ name, matches }) => matches(labels.get(name))));
}

/** undefined: the filter leaves nothing of the group. */
function filtered(one: RunningGroup, filter: Filter): Readonly<Record<string, unknown>> | undefined {
  const { group, state } = one;
  if (filter.groupNames.size > 0 && !filter.groupNames.has(group.name)) return undefined;
  if (filter.files.size > 0 && !filter.files.has(group.file)) return undefined;
  const rules = group.rules.flatMap((rule, at) => {
    const ruleState = state.rules[at];
    if (ruleState === undefined || !isSelected(rule, filter)) return [];
    return [
      rule.kind === 'alerting' ? alertingJson(rule, ruleState, filter.isWithAlerts) : recordingJson(rule, ruleState),
    ];
  });
  return rules.length === 0 ? undefined : groupJson(one, rules);
}

export function rules(params: Params, context: RouteContext): Promise<Success> {
  const filter = parseFilter(params);
  const { limit, token } = parsePage(params);
  const all = context.rules.groups;
  const first = token === '' ? 0 : all.findIndex(({ group }) => tokenOf(group) === token);
  if (first < 0)
    throw invalidParameter('group_next_token', `invalid group_next_token '${token}'. were rule groups changed?`);
  const groups: Readonly<Record<string, unknown>>[] = [];
  for (const one of all.slice(first)) {
    const json = filtered(one, filter);
    if (json === undefined) continue;
    if (groups.length === limit) return Promise.resolve(success({ groups, groupNextToken: tokenOf(one.group) }));
    groups.push(json);
  }
  return Promise.resolve(success({ groups }));
}

export function alerts(_params: Params, context: RouteContext): Promise<Success> {
  const found = context.rules.groups.flatMap(({ state }) => state.rules.flatMap(activeAlerts));
  return Promise.resolve(success({ alerts: found.map(alertJson) }));
}

export function alertmanagers(_params: Params, context: RouteContext): Promise<Success> {
  const active = context.rules.alertmanagerUrls.map((url) => ({ url }));
  return Promise.resolve(success({ activeAlertmanagers: active, droppedAlertmanagers: [] }));
}
