// An immutable, sorted set of labels: the identity of a series.
import { compareText } from './compare-text.ts';
import { quote } from './quote.ts';

export const METRIC_NAME = '__name__';
export const BUCKET_LABEL = 'le';
/** What says which metric a series is of: results that are no longer that metric lose all of it. */
const METADATA_LABELS: readonly string[] = [METRIC_NAME, '__type__', '__unit__'];

const LEGACY_LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function isLegacyLabelName(name: string): boolean {
  return LEGACY_LABEL_NAME.test(name);
}

/** Any non-empty well-formed UTF-8 text may name a label; U+FFFD is what undecodable bytes have become. */
export function isLabelName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !name.includes('\ufffd');
}

/** Labels sorted by name; a label with an empty value does not exist. */
export class LabelSet {
  static readonly empty: LabelSet = new LabelSet([], []);

  readonly names: readonly string[];
  readonly values: readonly string[];
  #key: string | undefined;

  private constructor(names: readonly string[], values: readonly string[]) {
    this.names = names;
    this.values = values;
  }

  static from(labels: Iterable<readonly [string, string]>): LabelSet {
    const entries = [...labels].filter(([, value]) => value !== '');
    entries.sort((a, b) => compareText(a[0], b[0]));
    return new LabelSet(
      entries.map(([name]) => name),
      entries.map(([, value]) => value),
    );
  }

  /** A text that two sets share exactly when they are equal. */
  get key(): string {
    this.#key ??= this.#keyOf(() => true);
    return this.#key;
  }

  get(name: string): string {
    const at = this.names.indexOf(name);
    return at < 0 ? '' : (this.values[at] ?? '');
  }

  /** The key of the subset whose names satisfy `wanted`. */
  keyWhere(wanted: (name: string) => boolean): string {
    return this.#keyOf(wanted);
  }

  where(wanted: (name: string) => boolean): LabelSet {
    const names: string[] = [];
    const values: string[] = [];
    for (const [at, name] of this.names.entries()) {
      if (!wanted(name)) continue;
      names.push(name);
      values.push(this.values[at] ?? '');
    }
    return names.length === this.names.length ? this : new LabelSet(names, values);
  }

  without(name: string): LabelSet {
    return this.names.includes(name) ? this.where((other) => other !== name) : this;
  }

  /** Without name, type and unit of the metric. */
  withoutMetadata(): LabelSet {
    return this.names.some((name) => METADATA_LABELS.includes(name))
      ? this.where((name) => !METADATA_LABELS.includes(name))
      : this;
  }

  /** Adds or replaces one label; an empty value removes it. */
  with(name: string, value: string): LabelSet {
    return LabelSet.from([...this.without(name).entries(), [name, value]]);
  }

  *entries(): Generator<[string, string]> {
    for (const [at, name] of this.names.entries()) yield [name, this.values[at] ?? ''];
  }

  toRecord(): Record<string, string> {
    const record: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const [name, value] of this.entries()) record[name] = value;
    return record;
  }

  /** `{a="b", c="d"}`, as Prometheus prints labels in messages. */
  toString(): string {
    const parts = [...this.entries()].map(
      ([name, value]) => `${isLegacyLabelName(name) ? name : quote(name)}=${quote(value)}`,
    );
    return `{${parts.join(', ')}}`;
  }

  #keyOf(wanted: (name: string) => boolean): string {
    let key = '';
    for (let at = 0; at < this.names.length; at++) {
      const name = this.names[at] ?? '';
      if (!wanted(name)) continue;
      const value = this.values[at] ?? '';
      key += `${name.length}:${name}${value.length}:${value}`;
    }
    return key;
  }
}

/** Name by name, then value, the shorter set first: the order of every matrix result. */
export function compareLabels(a: LabelSet, b: LabelSet): number {
  const shared = Math.min(a.names.length, b.names.length);
  for (let at = 0; at < shared; at++) {
    const byName = compareText(a.names[at] ?? '', b.names[at] ?? '');
    if (byName !== 0) return byName;
    const byValue = compareText(a.values[at] ?? '', b.values[at] ?? '');
    if (byValue !== 0) return byValue;
  }
  return a.names.length - b.names.length;
}

/** Texts with these are not in the order of their UTF-16 units, or are not told from the separator. */
const UNORDERED = /[\0\ud800-\udfff]/;

/** A text that is in the order of labels by its units; undefined where there is none. */
function orderKey({ names, values }: LabelSet): string | undefined {
  let key = '';
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    const value = values[at]!;
    if (UNORDERED.test(name) || UNORDERED.test(value)) return undefined;
    key += `${name}\0${value}\0`;
  }
  return key;
}

/** Sorted as compareLabels does. To compare one text of each is a tenth of the work. */
export function sortByLabels<T extends { readonly labels: LabelSet }>(series: readonly T[]): readonly T[] {
  if (series.every((one, at) => at === 0 || compareLabels(series[at - 1]!.labels, one.labels) <= 0)) return series;
  const keyed: { readonly key: string; readonly one: T }[] = [];
  for (const one of series) {
    const key = orderKey(one.labels);
    if (key === undefined) return series.toSorted((a, b) => compareLabels(a.labels, b.labels));
    keyed.push({ key, one });
  }
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ one }) => one);
}
