// /features: what this server can do, in Prometheus' areas and names. User interfaces decide by it what they offer.
import type { LanguageFeatures } from '#query/promql/features.ts';
import { SIGNATURES } from '#query/promql/functions/registry.ts';
import { success, type Success } from './envelope.ts';
import type { Params } from './params.ts';
import type { RouteContext } from './query-routes.ts';

type Switches = Readonly<Record<string, boolean>>;

const EXPERIMENTAL_AGGREGATIONS: ReadonlySet<string> = new Set(['limitk', 'limit_ratio']);
const OPERATORS = `!= !~ % * + - / < </ <= == =~ > >/ >= @ ^
  and atan2 avg bottomk count count_values group limit_ratio limitk max min or quantile stddev stdvar sum topk unless`.split(
  /\s+/,
);

/** Switches by name, in the order of names. */
function switches(names: Iterable<string>, isOn: (name: string) => boolean): Switches {
  return Object.fromEntries([...names].sort().map((name) => [name, isOn(name)]));
}

function language(features: LanguageFeatures, delayedNameRemoval: boolean, typeAndUnitLabels: boolean): Switches {
  const { binopFillModifiers, extendedRangeSelectors } = features;
  return {
    anchored: extendedRangeSelectors,
    at_modifier: true,
    bool: true,
    by: true,
    delayed_name_removal: delayedNameRemoval,
    duration_expr: true,
    fill: binopFillModifiers,
    fill_left: binopFillModifiers,
    fill_right: binopFillModifiers,
    group_left: true,
    group_right: true,
    ignoring: true,
    negative_offset: true,
    offset: true,
    on: true,
    per_query_lookback_delta: true,
    per_step_stats: false,
    smoothed: extendedRangeSelectors,
    subqueries: true,
    type_and_unit_labels: typeAndUnitLabels,
    without: true,
  };
}

export function features(_params: Params, { engine }: RouteContext): Promise<Success> {
  const { features: own, delayedNameRemoval, typeAndUnitLabels } = engine;
  return Promise.resolve(
    success({
      api: {
        admin: false,
        exclude_alerts: true,
        label_values_match: true,
        lifecycle: false,
        otlp_write_receiver: false,
        query_stats: true,
        query_warnings: true,
        remote_write_receiver: true,
        search: false,
        time_range_labels: true,
        time_range_series: true,
      },
      prometheus: { agent_mode: false, server_mode: true },
      promql: language(own, delayedNameRemoval, typeAndUnitLabels),
      promql_functions: switches(
        SIGNATURES.keys(),
        (name) => own.experimentalFunctions || SIGNATURES.get(name)?.experimental !== true,
      ),
      promql_operators: switches(
        OPERATORS,
        (name) => own.experimentalFunctions || !EXPERIMENTAL_AGGREGATIONS.has(name),
      ),
      rules: { concurrent_rule_eval: false, keep_firing_for: true, query_offset: true },
      tsdb: { exemplar_storage: true, native_histograms: true, st_storage: true },
    }),
  );
}
