// info(): adds labels of info metrics (target_info and the like) to series of the same instance and job.
import type { Call, VectorSelector } from '../ast.ts';
import type { EvalContext } from '../eval/context.ts';
import { evaluateVector } from '../eval/operands.ts';
import { sharedReference } from '../eval/reference-time.ts';
import { mergeSameLabels } from '../eval/same-labels.ts';
import { countStepwise, totalSamples } from '../eval/sample-count.ts';
import { evaluateSelector } from '../eval/selector.ts';
import {
  emptySeries,
  FLOAT,
  isEmptySeries,
  put,
  valueAt,
  type OpenSeries,
  type VectorSeries,
  type VectorValue,
} from '../eval/value.ts';
import { METRIC_NAME, type LabelSet } from '../labels.ts';
import { MAX_REGEX_CHARACTERS } from '../limits.ts';
import { makeMatcher, type Matcher } from '../matcher.ts';
import { PromqlError } from '../promql-error.ts';
import { argument, type FunctionImplementation } from './function.ts';

/** What a series and the info series about it have in common. */
const IDENTIFYING = ['instance', 'job'] as const;

function isPositive({ operator }: Matcher): boolean {
  return operator === '=' || operator === '=~';
}

/** Which info metrics are meant: those named, `target_info` if none is, any but those that are excluded. */
function nameMatchers(written: readonly Matcher[]): readonly Matcher[] {
  if (written.length === 0) return [makeMatcher(METRIC_NAME, '=', 'target_info')];
  return written.some(isPositive) ? written : [makeMatcher(METRIC_NAME, '=~', '.+_info'), ...written];
}

/** Alternatives of exact texts, in as many regular expressions as their length needs. */
function alternatives(texts: ReadonlySet<string>): string[] {
  const patterns: string[] = [];
  for (const text of [...texts].sort()) {
    const quoted = text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
    const last = patterns.at(-1);
    if (last !== undefined && last.length + quoted.length < MAX_REGEX_CHARACTERS)
      patterns[patterns.length - 1] = `${last}|${quoted}`;
    else patterns.push(quoted);
  }
  return patterns;
}

/** Matchers of one identifying label: its values, or its absence. */
function identifying(name: string, values: ReadonlySet<string>): Matcher[] {
  if (values.has('')) return [makeMatcher(name, '=', '')];
  return alternatives(values).map((pattern) => makeMatcher(name, '=~', pattern));
}

/** Sets of matchers that together select all info series of some series, each of them once. */
function identifyingSets(base: readonly VectorSeries[]): readonly (readonly Matcher[])[] {
  const groups = new Map<string, Set<string>[]>();
  for (const { labels } of base) {
    const values = IDENTIFYING.map((name) => labels.get(name));
    if (values.every((value) => value === '')) continue;
    const pattern = values.map((value) => (value === '' ? '-' : '+')).join('');
    const group = groups.get(pattern) ?? IDENTIFYING.map(() => new Set<string>());
    groups.set(pattern, group);
    for (const [at, value] of values.entries()) group[at]?.add(value);
  }
  return [...groups.values()].flatMap(([instances, jobs]) =>
    identifying(IDENTIFYING[0], instances ?? new Set()).flatMap((instance) =>
      identifying(IDENTIFYING[1], jobs ?? new Set()).map((job) => [instance, job]),
    ),
  );
}

function keyOf(labels: LabelSet): string {
  return JSON.stringify(IDENTIFYING.map((name) => labels.get(name)));
}

/** The info series of one metric, instance and job: at each step the one whose sample is the newest. */
interface InfoGroup {
  readonly series: VectorSeries[];
  readonly picked: Int32Array;
}

function pick(group: InfoGroup, one: VectorSeries): void {
  const at = group.series.push(one) - 1;
  for (let step = 0; step < one.present.length; step++) {
    if (one.present[step] === 0) continue;
    if (one.present[step] !== FLOAT)
      throw new PromqlError('execution', `this should be an info metric, with float samples: ${one.labels.toString()}`);
    const timeMs = one.sampleTimesMs?.[step] ?? 0;
    const before = group.series[group.picked[step]!];
    const beforeMs = before?.sampleTimesMs?.[step] ?? -Infinity;
    if (before !== undefined && beforeMs === timeMs)
      throw new PromqlError(
        'execution',
        `found duplicate series for info metric: existing ${before.labels.toString()} @ ${beforeMs}, new ${one.labels.toString()} @ ${timeMs}`,
      );
    if (timeMs > beforeMs) group.picked[step] = at;
  }
}

/** By instance and job, then by name of the info metric. */
function groupInfo(info: readonly VectorSeries[], steps: number): Map<string, Map<string, InfoGroup>> {
  const groups = new Map<string, Map<string, InfoGroup>>();
  for (const one of info) {
    const key = keyOf(one.labels);
    const byName = groups.get(key) ?? new Map<string, InfoGroup>();
    groups.set(key, byName);
    const name = one.labels.get(METRIC_NAME);
    const group = byName.get(name) ?? { series: [], picked: new Int32Array(steps).fill(-1) };
    byName.set(name, group);
    pick(group, one);
  }
  return groups;
}

/** One call of info(). */
class Enrichment {
  readonly #context: EvalContext;
  readonly #dataMatchers: readonly Matcher[];
  readonly #wanted: ReadonlySet<string>;
  /** A series without info series is kept. */
  readonly #keepsAlone: boolean;

  constructor(context: EvalContext, dataMatchers: readonly Matcher[]) {
    this.#context = context;
    this.#dataMatchers = dataMatchers;
    this.#wanted = new Set(dataMatchers.map(({ name }) => name));
    this.#keepsAlone = dataMatchers.every((matcher) => matcher.matches(''));
  }

  /** The info series about some series, with the times of their samples. */
  async select(call: Call, base: readonly VectorSeries[], names: readonly Matcher[]): Promise<VectorSeries[]> {
    const arg = argument(call, 0);
    const reference = sharedReference(arg, this.#context.scope);
    const seconds = (reference?.offsetMs ?? 0) / 1000;
    const selector: Omit<VectorSelector, 'matchers'> = {
      kind: 'vector',
      name: '',
      extended: undefined,
      offset: { kind: 'number', seconds, duration: true, start: arg.start, end: arg.end },
      at: reference?.atMs === undefined ? undefined : { kind: 'time', timeMs: reference.atMs },
      start: arg.start,
      end: arg.end,
    };
    const found: VectorSeries[] = [];
    for (const identity of identifyingSets(base)) {
      const matchers = [...identity, ...this.#dataMatchers, ...names];
      found.push(...(await evaluateSelector(this.#context, { ...selector, matchers }, true)).series);
    }
    return found;
  }

  /** Labels that info series add to a series. Throws where two of them disagree. */
  #enriched(labels: LabelSet, info: readonly VectorSeries[]): LabelSet {
    const added = new Map<string, string>();
    for (const one of info) {
      for (const [name, value] of one.labels.entries()) {
        if (name === METRIC_NAME || (this.#wanted.size > 0 && !this.#wanted.has(name))) continue;
        const known = added.get(name);
        if (known !== undefined && known !== value) throw new PromqlError('execution', `conflicting label: ${name}`);
        if (labels.get(name) === '') added.set(name, value);
      }
    }
    let enriched = labels;
    for (const [name, value] of added) enriched = enriched.with(name, value);
    return enriched;
  }

  /** A series of the result for each set of info series that stand beside it at some step. */
  enrich(one: VectorSeries, groups: Iterable<InfoGroup>): OpenSeries[] {
    const { grid, scope } = this.#context;
    const results = new Map<string, OpenSeries>();
    const all = [...groups];
    for (let step = 0; step < grid.steps; step++) {
      if (one.present[step] === 0) continue;
      const places = all.map(({ picked }) => picked[step]!);
      const info = all.flatMap(({ series }, at) => series[places[at]!] ?? []);
      if (info.length === 0 && !this.#keepsAlone) continue;
      const key = places.join(',');
      let into = results.get(key);
      if (into === undefined) {
        into = emptySeries(this.#enriched(one.labels, info), grid.steps, one.dropName);
        results.set(key, into);
      }
      put(into, step, valueAt(one, step));
      scope.budget.spend(all.length + 1);
    }
    return [...results.values()];
  }
}

export const info: FunctionImplementation = async (context, call): Promise<VectorValue> => {
  const { budget } = context.scope;
  const base = await evaluateVector(context, argument(call, 0));
  const selector = call.args[1];
  const written = selector?.kind === 'vector' ? selector.matchers : [];
  const names = nameMatchers(written.filter(({ name }) => name === METRIC_NAME));
  // Info series themselves stay as they are.
  const isInfo = ({ labels }: VectorSeries): boolean =>
    names.every((matcher) => matcher.matches(labels.get(METRIC_NAME)));
  const enrichment = new Enrichment(
    context,
    written.filter(({ name }) => name !== METRIC_NAME),
  );
  const others = base.series.filter((one) => !isInfo(one) && !isEmptySeries(one));
  const found: VectorValue = { type: 'vector', series: await enrichment.select(call, others, names) };
  const seen = totalSamples(found);
  budget.look(seen);
  budget.hold(seen);
  const groups = groupInfo(found.series, context.grid.steps);
  const series = base.series.flatMap((one) =>
    isInfo(one) ? [one] : enrichment.enrich(one, groups.get(keyOf(one.labels))?.values() ?? []),
  );
  const result: VectorValue = { type: 'vector', series: mergeSameLabels(series) };
  countStepwise(context, budget.held, [base, found], result);
  return result;
};
