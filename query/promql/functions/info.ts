// info(): adds the labels of info metrics, such as target_info, to series with the same `instance` and `job`.
import type { Call, VectorSelector } from '../ast.ts';
import type { EvalContext } from '../eval/context.ts';
import { evaluateVector } from '../eval/operands.ts';
import { totalSamples } from '../eval/sample-count.ts';
import { evaluateSelector } from '../eval/selector.ts';
import { emptySeries, HISTOGRAM, put, valueAt } from '../eval/value.ts';
import type { OpenSeries, VectorSeries, VectorValue } from '../eval/value.ts';
import { LabelSet, METRIC_NAME } from '../labels.ts';
import { makeMatcher, type Matcher } from '../matcher.ts';
import { PromqlError } from '../promql-error.ts';
import { argument, type PromqlFunction } from './function.ts';
import { referenceOf, type Reference } from './info-reference.ts';
import { experimental, optional, takes } from './signature.ts';

const IDENTIFYING = ['instance', 'job'] as const;
const TARGET_INFO = makeMatcher(METRIC_NAME, '=', 'target_info');
/** Where only names are excluded. */
const ANY_INFO = makeMatcher(METRIC_NAME, '=~', '.+_info');

interface InfoSelector {
  readonly names: readonly Matcher[];
  /** By the label they are about. Empty: all labels of the info metric are added. */
  readonly data: ReadonlyMap<string, readonly Matcher[]>;
}

function infoSelector(call: Call): InfoSelector {
  const selector = call.args[1];
  const matchers = selector?.kind === 'vector' ? selector.matchers : [];
  const written = matchers.filter(({ name }) => name === METRIC_NAME);
  const data = new Map<string, Matcher[]>();
  for (const matcher of matchers) {
    if (matcher.name === METRIC_NAME) continue;
    data.set(matcher.name, [...(data.get(matcher.name) ?? []), matcher]);
  }
  const hasPositive = written.some(({ operator }) => operator === '=' || operator === '=~');
  const names = written.length === 0 ? [TARGET_INFO] : hasPositive ? written : [ANY_INFO, ...written];
  return { names, data };
}

function oneOf(name: string, values: ReadonlySet<string>): Matcher {
  const escaped = [...values].sort().map((value) => value.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`));
  return { name, operator: '=~', value: escaped.join('|'), matches: (value) => values.has(value) };
}

/** Matchers of the identifying labels that occur: a set for each combination of labels that are there. */
function identifyingSets(base: readonly VectorSeries[]): Matcher[][] {
  const byPresence = new Map<string, ReadonlyMap<string, Set<string>>>();
  for (const { labels } of base) {
    const present = IDENTIFYING.filter((name) => labels.get(name) !== '');
    if (present.length === 0) continue;
    const known = byPresence.get(present.join()) ?? new Map(present.map((name) => [name, new Set<string>()]));
    byPresence.set(present.join(), known);
    for (const name of present) known.get(name)?.add(labels.get(name));
  }
  return [...byPresence.values()].map((known) =>
    IDENTIFYING.map((name) => {
      const values = known.get(name);
      return values === undefined ? makeMatcher(name, '=', '') : oneOf(name, values);
    }),
  );
}

async function infoSeries(
  context: EvalContext,
  base: readonly VectorSeries[],
  selector: InfoSelector,
  { timeMs, offsetMs }: Reference,
): Promise<VectorSeries[]> {
  const found: VectorSeries[] = [];
  for (const identifying of identifyingSets(base)) {
    const expr: VectorSelector = {
      kind: 'vector',
      name: '',
      matchers: [...identifying, ...[...selector.data.values()].flat(), ...selector.names],
      extended: undefined,
      offset: { kind: 'number', seconds: offsetMs / 1000, duration: true, start: 0, end: 0 },
      at: timeMs === undefined ? undefined : { kind: 'time', timeMs },
      start: 0,
      end: 0,
    };
    found.push(...(await evaluateSelector(context, expr, true)).series);
  }
  return found;
}

function identityOf(labels: LabelSet): string {
  return labels.keyWhere((name) => name === 'instance' || name === 'job');
}

/** Info series by identity, then by metric. */
type InfoByIdentity = ReadonlyMap<string, ReadonlyMap<string, readonly VectorSeries[]>>;

function byIdentity(info: readonly VectorSeries[]): InfoByIdentity {
  const found = new Map<string, Map<string, VectorSeries[]>>();
  for (const one of info) {
    const identity = identityOf(one.labels);
    const metrics = found.get(identity) ?? new Map<string, VectorSeries[]>();
    found.set(identity, metrics);
    const name = one.labels.get(METRIC_NAME);
    metrics.set(name, [...(metrics.get(name) ?? []), one]);
  }
  return found;
}

/** The series with the newest sample at a step. Throws where two are equally new. */
function newest(series: readonly VectorSeries[], step: number): VectorSeries | undefined {
  let chosen: VectorSeries | undefined;
  for (const one of series) {
    const flag = one.present[step];
    if (flag === 0) continue;
    if (flag === HISTOGRAM) throw new PromqlError('execution', 'info sample should be float');
    const timeMs = one.sampleTimesMs?.[step] ?? 0;
    const chosenMs = chosen?.sampleTimesMs?.[step] ?? -Infinity;
    if (chosen !== undefined && timeMs === chosenMs) {
      throw new PromqlError(
        'execution',
        `found duplicate series for info metric: existing ${chosen.labels.toString()} @ ${chosenMs}, new ${one.labels.toString()} @ ${timeMs}`,
      );
    }
    if (timeMs > chosenMs) chosen = one;
  }
  return chosen;
}

class Combiner {
  readonly #context: EvalContext;
  readonly #selector: InfoSelector;
  readonly #info: InfoByIdentity;
  /** A series that no info metric goes with stays only where its labels may be missing. */
  readonly #keepsUnmatched: boolean;
  readonly #outputs = new Map<string, OpenSeries>();

  constructor(context: EvalContext, selector: InfoSelector, info: readonly VectorSeries[]) {
    this.#context = context;
    this.#selector = selector;
    this.#info = byIdentity(info);
    this.#keepsUnmatched = [...selector.data.values()].flat().every((matcher) => matcher.matches(''));
  }

  run(base: readonly VectorSeries[]): VectorValue {
    const { steps } = this.#context.grid;
    this.#refuseDuplicates(base);
    for (const one of base) {
      const isInfo = this.#selector.names.every((matcher) => matcher.matches(one.labels.get(METRIC_NAME)));
      const metrics = isInfo ? undefined : this.#info.get(identityOf(one.labels));
      const known = new Map<string, LabelSet>();
      for (let step = 0; step < steps; step++) {
        if (one.present[step] === 0) continue;
        const labels = isInfo ? one.labels : this.#labelsAt(one.labels, metrics, step, known);
        if (labels !== undefined) this.#put(one, labels, step);
      }
      this.#context.scope.budget.spend(steps);
    }
    return { type: 'vector', series: [...this.#outputs.values()] };
  }

  /** Also of info series that go with no series: each step with any series is looked at. */
  #refuseDuplicates(base: readonly VectorSeries[]): void {
    for (let step = 0; step < this.#context.grid.steps; step++) {
      if (!base.some(({ present }) => present[step] !== 0)) continue;
      for (const metrics of this.#info.values()) for (const series of metrics.values()) newest(series, step);
    }
  }

  #labelsAt(
    base: LabelSet,
    metrics: ReadonlyMap<string, readonly VectorSeries[]> | undefined,
    step: number,
    known: Map<string, LabelSet>,
  ): LabelSet | undefined {
    const matched = [...(metrics?.values() ?? [])].flatMap((series) => newest(series, step) ?? []);
    if (matched.length === 0) return this.#keepsUnmatched ? base : undefined;
    const key = matched.map(({ labels }) => labels.key).join();
    const labels = known.get(key) ?? this.#enriched(base, matched);
    known.set(key, labels);
    return labels;
  }

  #enriched(base: LabelSet, matched: readonly VectorSeries[]): LabelSet {
    const added = new Map<string, string>();
    const { data } = this.#selector;
    for (const { labels } of matched) {
      for (const [name, value] of labels.entries()) {
        if (name === METRIC_NAME || (data.size > 0 && !data.has(name))) continue;
        const other = added.get(name);
        if (other !== undefined && other !== value) throw new PromqlError('execution', `conflicting label: ${name}`);
        if (base.get(name) === '') added.set(name, value);
      }
    }
    return added.size === 0 ? base : LabelSet.from([...base.entries(), ...added]);
  }

  #put(one: VectorSeries, labels: LabelSet, step: number): void {
    let into = this.#outputs.get(labels.key);
    if (into === undefined) {
      this.#context.scope.budget.reserve(this.#context.grid.steps);
      into = emptySeries(labels, this.#context.grid.steps, one.dropName);
      this.#outputs.set(labels.key, into);
    }
    if (into.present[step] !== 0)
      throw new PromqlError('execution', 'vector cannot contain metrics with the same labelset');
    put(into, step, valueAt(one, step));
  }
}

export const infoFunctions: readonly PromqlFunction[] = [
  [
    'info',
    experimental(optional(1, takes('vector', 'vector'))),
    async (context, call): Promise<VectorValue> => {
      const { budget } = context.scope;
      const written = argument(call, 0);
      const base = await evaluateVector(context, written);
      const selector = infoSelector(call);
      const enriched = base.series.filter(
        ({ labels }) => !selector.names.every((matcher) => matcher.matches(labels.get(METRIC_NAME))),
      );
      const info = await infoSeries(context, enriched, selector, referenceOf(context.scope, written));
      const seen = totalSamples({ type: 'vector', series: info });
      budget.samplesSeen += seen;
      budget.hold(seen);
      const result = new Combiner(context, selector, info).run(base.series);
      budget.hold(totalSamples(result));
      return result;
    },
  ],
];
