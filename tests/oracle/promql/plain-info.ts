// info() of the plain evaluator: at every step each series is compared with every info series.
import { unwrap, type Expr, type VectorSelector } from '#query/promql/ast.ts';
import { sharedReference } from '#query/promql/eval/reference-time.ts';
import { LabelSet, METRIC_NAME } from '#query/promql/labels.ts';
import { makeMatcher, type Matcher } from '#query/promql/matcher.ts';
import { durationsOf, timedRows, type Timed } from './plain-selector.ts';
import {
  failure,
  isHistogram,
  rowsOf,
  vectorAt,
  type Place,
  type PlainValue,
  type Row,
  type Sample,
} from './plain-value.ts';

type Evaluate = (place: Place, expr: Expr) => PlainValue;

const IDENTIFYING = ['instance', 'job'];
const isPositive = ({ operator }: Matcher): boolean => operator === '=' || operator === '=~';

interface InfoSeries {
  readonly labels: LabelSet;
  readonly samples: readonly (Timed | undefined)[];
}

function nameMatchers(selector: VectorSelector | undefined): readonly Matcher[] {
  const written = selector?.matchers.filter(({ name }) => name === METRIC_NAME) ?? [];
  if (written.length === 0) return [makeMatcher(METRIC_NAME, '=', 'target_info')];
  return written.some(isPositive) ? written : [makeMatcher(METRIC_NAME, '=~', '.+_info'), ...written];
}

function identity(labels: LabelSet): string {
  return JSON.stringify(IDENTIFYING.map((name) => labels.get(name)));
}

export function info(place: Place, args: readonly Expr[], evaluate: Evaluate): Row[] {
  const { world, steps } = place;
  const reference = sharedReference(args[0]!, { query: world, durations: durationsOf(world) });
  const value = evaluate(place, args[0]!);
  if (value.type !== 'vector') throw failure('info() of what is no vector');
  const second = args[1] === undefined ? undefined : unwrap(args[1]);
  const selector = second?.kind === 'vector' ? second : undefined;
  const names = nameMatchers(selector);
  const data = selector?.matchers.filter(({ name }) => name !== METRIC_NAME) ?? [];
  const isInfo = (labels: LabelSet): boolean => names.every((matcher) => matcher.matches(labels.get(METRIC_NAME)));
  const wanted = new Set(
    value.rows
      .filter(({ labels }) => !isInfo(labels) && IDENTIFYING.some((name) => labels.get(name) !== ''))
      .map(({ labels }) => identity(labels)),
  );
  const times = steps.timesMs.map((timeMs) => (reference?.atMs ?? timeMs) - (reference?.offsetMs ?? 0));
  const found: readonly InfoSeries[] =
    selector === undefined && wanted.size === 0
      ? []
      : infoSeries(place, [...names, ...data], times).filter(({ labels }) => wanted.has(identity(labels)));
  for (const { labels, samples } of found)
    if (samples.some((sample) => isHistogram(sample?.point)))
      throw failure(`this should be an info metric, with float samples: ${labels.toString()}`);
  return rowsOf({ ...place, world: { ...world, delayedNameRemoval: false }, steps: { ...steps } }, (step) =>
    vectorAt(value.rows, step).flatMap((sample): Sample[] => {
      if (isInfo(sample.labels)) return [sample];
      return enriched(sample, newest(found, step), data);
    }),
  );
}

function infoSeries(place: Place, matchers: readonly Matcher[], times: readonly number[]): InfoSeries[] {
  const selector: VectorSelector = {
    kind: 'vector',
    name: '',
    matchers,
    extended: undefined,
    offset: undefined,
    at: undefined,
    start: 0,
    end: 0,
  };
  return timedRows({ ...place, needs: 'buckets' }, selector, times);
}

/** Of info series with one name and identity the one with the newest sample. */
function newest(found: readonly InfoSeries[], step: number): InfoSeries[] {
  const best = new Map<string, { readonly series: InfoSeries; readonly timeMs: number }>();
  for (const series of found) {
    const sample = series.samples[step];
    if (sample === undefined) continue;
    const key = series.labels.get(METRIC_NAME) + identity(series.labels);
    const known = best.get(key);
    if (known?.timeMs === sample.timeMs)
      throw failure(
        `found duplicate series for info metric: existing ${known.series.labels.toString()} @ ${known.timeMs}, new ${series.labels.toString()} @ ${sample.timeMs}`,
      );
    if (known === undefined || known.timeMs < sample.timeMs) best.set(key, { series, timeMs: sample.timeMs });
  }
  return [...best.values()].map(({ series }) => series);
}

function enriched(sample: Sample, found: readonly InfoSeries[], data: readonly Matcher[]): Sample[] {
  const own = found.filter(({ labels }) => identity(labels) === identity(sample.labels));
  const added = new Map<string, string>();
  for (const { labels } of own)
    for (const [name, value] of labels.entries()) {
      if (name === METRIC_NAME) continue;
      if (data.length > 0 && !data.some((matcher) => matcher.name === name)) continue;
      const known = added.get(name);
      if (known !== undefined && known !== value) throw failure(`conflicting label: ${name}`);
      if (sample.labels.get(name) === '') added.set(name, value);
    }
  if (own.length === 0 && !data.every((matcher) => matcher.matches(''))) return [];
  let { labels } = sample;
  for (const [name, value] of added) labels = labels.with(name, value);
  return [{ ...sample, labels }];
}
