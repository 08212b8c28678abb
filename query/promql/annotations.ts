// Warnings and infos that an answer carries beside its data, deduplicated by text as Prometheus does.
import { formatExponential, formatGo } from './format-number.ts';
import { MAX_ANNOTATIONS } from './limits.ts';
import { positionOf } from './promql-error.ts';

interface Located {
  readonly start: number;
}

/** How far a classic histogram's buckets had to be bent to be monotonic. */
export interface MonotonicityFix {
  readonly minBucket: number;
  readonly maxBucket: number;
  readonly maxDiff: number;
  readonly count: bigint;
  readonly firstMs: number;
  readonly lastMs: number;
}

interface Entry {
  readonly kind: 'warning' | 'info';
  readonly text: string;
  readonly position: string;
  fix: MonotonicityFix | undefined;
  /** Of start times that overlap: how often. */
  cases: number | undefined;
}

/** ` for metric name "x"`, or nothing when the name is unknown. */
export function forMetric(name: string): string {
  return name === '' ? '' : ` for metric name ${JSON.stringify(name)}`;
}

/** Two significant digits as Go's %.2g writes them: exact halves to even, an exponent from 100 on. */
function twoDigits(value: number): string {
  const tie = /^(\d\.\d)50*e(.*)$/.exec(value.toExponential(20));
  const down = tie !== null && Number(tie[1]?.at(-1)) % 2 === 0;
  const rounded = down ? Number(`${tie[1]}e${tie[2]}`) : Number(value.toPrecision(2));
  return rounded >= 100 ? formatExponential(rounded) : formatGo(rounded);
}

function rfc3339(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d*Z$/, 'Z');
}

function render(entry: Entry): string {
  const { fix } = entry;
  const tail =
    fix === undefined
      ? ''
      : `, from buckets ${formatGo(fix.minBucket)} to ${formatGo(fix.maxBucket)}, with a max diff of ${twoDigits(fix.maxDiff)}` +
        `, over ${fix.count} samples from ${rfc3339(fix.firstMs)} to ${rfc3339(fix.lastMs)}`;
  const cases = entry.cases !== undefined && entry.cases > 1 ? ` (${entry.cases} occurrences)` : '';
  return `PromQL ${entry.kind}: ${entry.text}${tail}${cases} (${entry.position})`;
}

export class Annotations {
  readonly #query: string;
  readonly #entries = new Map<string, Entry>();

  constructor(query: string) {
    this.#query = query;
  }

  warn(where: Located, text: string): void {
    this.#add('warning', where, text);
  }

  info(where: Located, text: string): void {
    this.#add('info', where, text);
  }

  /** One info per metric, widened by every further call. */
  monotonicity(where: Located, metric: string, fix: MonotonicityFix): void {
    const entry = this.#add(
      'info',
      where,
      'input to histogram_quantile needed to be fixed for monotonicity ' +
        `(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)${forMetric(metric)}`,
    );
    const old = entry.fix;
    entry.fix =
      old === undefined
        ? fix
        : {
            minBucket: Math.min(old.minBucket, fix.minBucket),
            maxBucket: Math.max(old.maxBucket, fix.maxBucket),
            maxDiff: Math.max(old.maxDiff, fix.maxDiff),
            count: old.count + fix.count,
            firstMs: Math.min(old.firstMs, fix.firstMs),
            lastMs: Math.max(old.lastMs, fix.lastMs),
          };
  }

  /** One warning per metric, which counts its cases. */
  startTimeOverlap(where: Located, metric: string): void {
    const entry = this.#add(
      'warning',
      where,
      `sample has start time that overlaps with previous sample timestamp for metric ${JSON.stringify(metric)}`,
    );
    entry.cases = (entry.cases ?? 0) + 1;
  }

  /** All texts of one kind, each with the `(line:col)` of the expression it is about. */
  all(kind: 'warning' | 'info'): string[] {
    return [...this.#entries.values()].filter((entry) => entry.kind === kind).map(render);
  }

  /** The texts as the HTTP API shows them: at most ten, then one line for the rest. */
  shown(kind: 'warning' | 'info'): string[] {
    const texts = this.all(kind);
    if (texts.length <= MAX_ANNOTATIONS) return texts;
    return [...texts.slice(0, MAX_ANNOTATIONS), `${texts.length - MAX_ANNOTATIONS} more ${kind} annotations omitted`];
  }

  #add(kind: Entry['kind'], where: Located, text: string): Entry {
    const key = `${kind}:${text}`;
    const known = this.#entries.get(key);
    // As Prometheus merges annotations: the last place that said so is the one that is shown, but the first one of those that are counted.
    if (known?.fix !== undefined || known?.cases !== undefined) return known;
    const entry: Entry = {
      kind,
      text,
      position: positionOf(this.#query, where.start),
      fix: undefined,
      cases: undefined,
    };
    this.#entries.set(key, entry);
    return entry;
  }
}
