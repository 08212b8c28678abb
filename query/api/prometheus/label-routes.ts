// What exists: /labels, /label/<name>/values, /series, /metadata, /query_exemplars.
import { isLabelName } from '#query/promql/labels.ts';
import { parse } from '#query/promql/parse.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { selectorsOf } from '#query/promql/selectors-of.ts';
import { formatValue } from '#query/promql/format-number.ts';
import { success, TRUNCATED, type Success } from './envelope.ts';
import {
  inParameter,
  optionalBlocks,
  optionalRange,
  parseLimit,
  parseMatcherSets,
  parseNonNegativeLimit,
  type Params,
} from './params.ts';
import type { RouteContext } from './query-routes.ts';
import type { SelectLimits } from '#query/promql/storage.ts';
import { seconds } from './result-json.ts';

/** One more than is wanted says that there are more. */
function limitsOf(context: RouteContext, limit: number): SelectLimits {
  return limit > 0 ? { ...context.engine.limits, first: limit + 1 } : context.engine.limits;
}

function limited(items: readonly unknown[], limit: number): Success {
  const truncated = limit > 0 && items.length > limit;
  return success(truncated ? items.slice(0, limit) : items, truncated ? [TRUNCATED] : []);
}

export async function labelNames(params: Params, context: RouteContext): Promise<Success> {
  const limit = parseNonNegativeLimit(params);
  const range = optionalBlocks(params);
  const matchers = parseMatcherSets(params, false);
  return limited(await context.store.labelNames(matchers, range, limitsOf(context, limit), context.signal), limit);
}

/** Undoes `U__` escaping: `__` is an underscore, `_2e_` the character U+002E. Names that are not well escaped stay as they are. */
export function unescapeLabelName(name: string): string {
  if (!name.startsWith('U__')) return name;
  const body = name.slice(3);
  if (!/^(?:__|_[0-9a-fA-F]{1,6}_|[^_])*$/.test(body)) return name;
  return body.replaceAll(/__|_([0-9a-fA-F]{1,6})_/g, (_whole, hex: string | undefined) => {
    const point = hex === undefined ? 0x5f : Number.parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
  });
}

export async function labelValues(params: Params, context: RouteContext): Promise<Success> {
  const name = unescapeLabelName(context.path['name'] ?? '');
  if (!isLabelName(name)) throw new PromqlError('bad_data', `invalid label name: ${JSON.stringify(name)}`);
  const limit = parseNonNegativeLimit(params);
  const range = optionalBlocks(params);
  const matchers = parseMatcherSets(params, false);
  return limited(
    await context.store.labelValues(name, matchers, range, limitsOf(context, limit), context.signal),
    limit,
  );
}

export async function series(params: Params, context: RouteContext): Promise<Success> {
  if (params.all('match[]').length === 0) throw new PromqlError('bad_data', 'no match[] parameter provided');
  const limit = parseNonNegativeLimit(params);
  const range = optionalRange(params);
  const matchers = parseMatcherSets(params, true);
  const found = await context.store.series(matchers, range, limitsOf(context, limit), context.signal);
  return limited(
    found.map((labels) => labels.toRecord()),
    limit,
  );
}

export async function metadata(params: Params, context: RouteContext): Promise<Success> {
  const limit = parseLimit(params, 'limit', -1);
  const perMetric = parseLimit(params, 'limit_per_metric', -1);
  const metric = params.get('metric');
  const found = await context.store.metadata(metric === '' ? undefined : metric, context.engine.limits, context.signal);
  const byName: Record<string, { type: string; unit: string; help: string }[]> = {};
  for (const { name, type, unit, help } of found) {
    if (byName[name] === undefined && limit >= 0 && Object.keys(byName).length >= limit) break;
    const entries = (byName[name] ??= []);
    if (perMetric <= 0 || entries.length < perMetric) entries.push({ type, unit, help });
  }
  return success(byName);
}

/** Undefined (204, no body) when the query has no selector. */
export async function queryExemplars(params: Params, context: RouteContext): Promise<Success | undefined> {
  const range = optionalRange(params);
  if (range.endMs < range.startMs)
    throw new PromqlError('bad_data', 'end timestamp must not be before start timestamp');
  const selectors = inParameter('query', () => selectorsOf(parse(params.get('query'), context.engine.features)));
  if (selectors.length === 0) return undefined;
  const found = await context.store.exemplars(selectors, range, context.engine.limits, context.signal);
  return success(
    found.map(({ labels, exemplars }) => ({
      seriesLabels: labels.toRecord(),
      exemplars: exemplars.map((one) => ({
        labels: one.labels,
        value: formatValue(one.value),
        timestamp: seconds(one.timestampMs),
      })),
    })),
  );
}
