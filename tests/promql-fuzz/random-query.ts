// Random PromQL queries of the whole grammar, made type by type so that nearly all of them mean something.
import { Random } from '#tests/simulation/random.ts';
import { DATA_LENGTH_MS, DATA_START_MS } from './random-data.ts';

const NAMES = ['requests_total', 'queue', 'small', 'rpc', 'hinted', 'level', 'nhcb', 'mix', 'lat_bucket'];
const OF_ONE =
  'abs ceil floor exp sqrt ln log2 log10 sgn deg rad sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh'.split(
    ' ',
  );
const OF_DATES = 'minute hour day_of_week day_of_month day_of_year days_in_month month year'.split(' ');
const RATES = ['rate', 'increase', 'delta', 'irate', 'idelta', 'resets', 'changes', 'deriv'];
const EXTENDED = {
  anchored: ['rate', 'increase', 'delta', 'resets', 'changes'],
  smoothed: ['rate', 'increase', 'delta'],
};
const OVER_TIME =
  'sum avg count min max last first present absent stddev stdvar mad ts_of_first ts_of_last ts_of_min ts_of_max'
    .split(' ')
    .map((name) => `${name}_over_time`);
const TOTALS = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'];
const OF_HISTOGRAMS = ['histogram_count', 'histogram_sum', 'histogram_avg', 'histogram_stddev', 'histogram_stdvar'];
const QUANTILES = ['0', '0.5', '0.9', '0.99', '1', '-0.1', '1.5', 'NaN'];
const NUMBERS = ['0', '1', '2', '-1', '0.5', '10', '1e3', 'Inf', '-Inf', 'NaN', '5m'];
const DURATIONS = ['1m', '90s', '2m', '5m', '10m', '30s'];
const LABELS = ['job', 'instance', '"zone.name"', 'le', '__name__', 'version'];

class QueryMaker {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  #pick(from: readonly string[]): string {
    return this.#random.pick(from);
  }

  #chance(probability: number): boolean {
    return this.#random.chance(probability);
  }

  #matcher(): string {
    return this.#pick([
      'job="a"',
      'job!="a"',
      'job=~"a|b"',
      'instance=~"[01]"',
      'instance!~"0"',
      'instance=""',
      '"zone.name"="ü"',
      '"zone.name"!=""',
      'le="1"',
      'version!="1"',
    ]);
  }

  #selector(): string {
    const matchers = this.#chance(0.35) ? [this.#matcher(), ...(this.#chance(0.3) ? [this.#matcher()] : [])] : [];
    if (this.#chance(0.06)) return `{"http.size"${matchers.map((matcher) => `, ${matcher}`).join('')}}`;
    if (this.#chance(0.05)) return `{__name__=~"${this.#pick(['small|queue', '.*_total', 'rpc|nhcb|mix'])}"}`;
    const name = this.#pick(NAMES);
    return matchers.length === 0 ? name : `${name}{${matchers.join(', ')}}`;
  }

  #modifiers(): string {
    const offset = this.#chance(0.12) ? ` offset ${this.#pick(['1m', '-1m', '5m', '37s', '(step() + 1s)'])}` : '';
    if (!this.#chance(0.1)) return offset;
    const atMs = DATA_START_MS + this.#random.whole(0, DATA_LENGTH_MS);
    const at = ` @ ${this.#pick(['start()', 'end()', String(atMs / 1000)])}`;
    return this.#chance(0.5) ? offset + at : at + offset;
  }

  #instant(): string {
    const smoothed = this.#chance(0.04) ? ' smoothed' : '';
    return this.#selector() + smoothed + this.#modifiers();
  }

  #matrix(depth: number): string {
    if (depth > 0 && this.#chance(0.25)) {
      const inner = this.vector(depth - 1);
      const text = /^[\w.]+$/.test(inner) ? inner : `(${inner})`;
      return `${text}[${this.#pick(['2m', '5m', '10m'])}:${this.#pick(['', '30s', '1m', '97s', '3m'])}]${this.#modifiers()}`;
    }
    return `${this.#selector()}[${this.#pick(DURATIONS)}]${this.#modifiers()}`;
  }

  #rate(depth: number): string {
    if (this.#chance(0.25)) {
      const extended = this.#chance(0.5) ? 'anchored' : 'smoothed';
      const func = this.#pick(this.#chance(0.95) ? EXTENDED[extended] : ['sum_over_time']);
      return `${func}(${this.#selector()}[${this.#pick(DURATIONS)}] ${extended}${this.#modifiers()})`;
    }
    return `${this.#pick(RATES)}(${this.#matrix(depth)})`;
  }

  #labels(): string {
    const names = LABELS.slice(0, 4).filter(() => this.#chance(0.35));
    return `(${names.join(', ')})`;
  }

  #grouping(): string {
    return this.#chance(0.3) ? '' : ` ${this.#pick(['by', 'by', 'without'])} ${this.#labels()} `;
  }

  /** Vectors whose series come in one order: which of equal values are chosen depends on it. */
  #inOrder(): string {
    const selector = this.#selector();
    return this.#pick([
      selector + this.#modifiers(),
      `${this.#pick(RATES)}(${selector}[${this.#pick(DURATIONS)}]${this.#modifiers()})`,
      `${this.#pick(OVER_TIME)}(${selector}[${this.#pick(DURATIONS)}]${this.#modifiers()})`,
    ]);
  }

  #aggregate(depth: number): string {
    const inner = this.vector(depth - 1);
    const by = this.#grouping();
    switch (this.#random.whole(0, 9)) {
      case 0:
        return `${this.#pick(['topk', 'bottomk'])}${by}(${this.#pick(['1', '2', '3', '0', 'scalar(small)', 'scalar(queue)', '1 - 1e30 * (step() == bool 15)'])}, ${this.#inOrder()})`;
      case 1:
        return `limitk${by}(${this.#pick(['1', '2', '0'])}, ${this.#selector()})`;
      case 2:
        return `limit_ratio${by}(${this.#pick(['0.5', '-0.5', '0.2', '1', '2', '-1.5', '0'])}, ${inner})`;
      case 3:
        return `quantile${by}(${this.#pick([...QUANTILES, 'scalar(small)'])}, ${inner})`;
      case 4:
        return `count_values${by}("${this.#pick(['value', 'job'])}", ${inner})`;
      default:
        return `${this.#pick(TOTALS)}${by}(${inner})`;
    }
  }

  #matching(isSet: boolean): string {
    if (this.#chance(0.3)) return '';
    const on = ` ${this.#pick(['on', 'ignoring'])}${this.#labels()}`;
    if (isSet || !this.#chance(0.4)) return on;
    return `${on} ${this.#pick(['group_left', 'group_right'])}${this.#pick(['', '()', '(version)', '("zone.name")'])}`;
  }

  #fill(): string {
    if (!this.#chance(0.12)) return '';
    return this.#pick([' fill(0)', ' fill_left(1)', ' fill_right(-2)', ' fill_left(0) fill_right(5)', ' fill(NaN)']);
  }

  #binary(depth: number): string {
    const left = `(${this.vector(depth - 1)})`;
    if (this.#chance(0.2)) {
      const right = `(${this.vector(depth - 1)})`;
      return `${left} ${this.#pick(['and', 'or', 'unless'])}${this.#matching(true)} ${right}`;
    }
    const op = this.#pick(['+', '-', '*', '/', '%', '^', 'atan2', '==', '!=', '<', '<=', '>', '>=', '</', '>/']);
    const bool = /^[=!<>]=?$/.test(op) && this.#chance(0.3) ? ' bool' : '';
    if (this.#chance(0.35)) {
      const number = this.scalar(depth - 1);
      return this.#chance(0.7) ? `${left} ${op}${bool} ${number}` : `${number} ${op}${bool} ${left}`;
    }
    return `${left} ${op}${bool}${this.#matching(false)}${this.#fill()} (${this.vector(depth - 1)})`;
  }

  #ofHistograms(depth: number): string {
    const of = (): string =>
      this.#chance(0.5)
        ? this.#pick(['rpc', 'nhcb', 'lat_bucket', 'level', 'mix', 'rate(rpc[5m])', 'rate(lat_bucket[5m])'])
        : this.vector(depth - 1);
    switch (this.#random.whole(0, 5)) {
      case 0:
      case 1:
        return `histogram_quantile(${this.#pick([...QUANTILES, 'scalar(small)'])}, ${of()})`;
      case 2:
        return `histogram_quantiles(${of()}, "${this.#pick(['q', 'job'])}", ${this.#pick(QUANTILES)}, ${this.#pick(['0.5', '0.25'])})`;
      case 3:
        return `histogram_fraction(${this.#pick(NUMBERS)}, ${this.#pick(NUMBERS)}, ${of()})`;
      default:
        return `${this.#pick(OF_HISTOGRAMS)}(${of()})`;
    }
  }

  #rewritten(depth: number): string {
    const inner = this.vector(depth - 1);
    switch (this.#random.whole(0, 6)) {
      case 0: {
        const target = this.#pick(['job', 'new', '__name__', 'zone.name', 'instance']);
        const [replacement, pattern] = this.#random.pick([
          ['$1', '(.*)'],
          ['x${1}-$$', '([a-c]).*'],
          ['same', '.*'],
          ['', '.+'],
          ['$name$missing', '(?P<name>.).*'],
        ]);
        return `label_replace(${inner}, "${target}", "${replacement}", "${this.#pick(['job', 'instance', '__name__'])}", "${pattern}")`;
      }
      case 1:
        return `label_join(${inner}, "${this.#pick(['new', 'job', '__name__'])}", "${this.#pick(['-', ''])}", "job", "instance")`;
      case 2:
        return `${this.#pick(['sort', 'sort_desc'])}(${inner})`;
      case 3:
        return `${this.#pick(['sort_by_label', 'sort_by_label_desc'])}(${inner}, "${this.#pick(['job', 'instance', 'le'])}")`;
      case 4:
        return `absent(${this.#chance(0.6) ? this.#instant() : inner})`;
      case 5:
        return `${this.#pick(['timestamp', 'start_timestamp'])}(${this.#chance(0.6) ? this.#instant() : inner})`;
      default:
        return `info(${inner}${this.#pick(['', ', {version="1"}', ', {__name__="build_info"}', ', {__name__=~".*_info"}', ', {version=~".*"}'])})`;
    }
  }

  scalar(depth: number): string {
    switch (this.#random.whole(0, depth > 0 ? 7 : 3)) {
      case 4:
        return `scalar(${this.vector(depth - 1)})`;
      case 5:
        return `(${this.scalar(depth - 1)} ${this.#pick(['+', '-', '*', '/', '%', '^', 'atan2', '== bool', '< bool'])} ${this.scalar(depth - 1)})`;
      case 6:
        return `${this.#pick(['min_of', 'max_of'])}(${this.scalar(depth - 1)}, ${this.scalar(depth - 1)})`;
      case 7:
        return this.#pick(['time()', 'pi()', 'start()', 'end()', 'step()', 'range()']);
      default:
        return this.#pick(NUMBERS);
    }
  }

  vector(depth: number): string {
    if (depth <= 0) return this.#instant();
    switch (this.#random.whole(0, 19)) {
      case 0:
      case 1:
        return this.#instant();
      case 2:
      case 3:
      case 4:
        return this.#rate(depth - 1);
      case 5:
      case 6:
      case 7:
        return `${this.#pick(OVER_TIME)}(${this.#matrix(depth - 1)})`;
      case 8:
        return this.#pick([
          `quantile_over_time(${this.#pick([...QUANTILES, 'scalar(small)'])}, ${this.#matrix(depth - 1)})`,
          `predict_linear(${this.#matrix(depth - 1)}, ${this.scalar(depth - 1)})`,
          `double_exponential_smoothing(${this.#matrix(depth - 1)}, ${this.#pick(['0.5', '0.9', '1', 'NaN', 'Inf', 'scalar(small)'])}, ${this.#pick(['0.3', '0.3', 'NaN', '2'])})`,
        ]);
      case 9:
      case 10:
      case 11:
      case 12:
        return this.#aggregate(depth);
      case 13:
      case 14:
      case 15:
        return this.#binary(depth);
      case 16:
        return this.#ofHistograms(depth);
      case 17:
        return this.#rewritten(depth);
      case 18:
        return this.#ofElements(depth);
      default:
        return this.#chance(0.5) ? `-(${this.vector(depth - 1)})` : `vector(${this.scalar(depth - 1)})`;
    }
  }

  #ofElements(depth: number): string {
    const inner = this.vector(depth - 1);
    switch (this.#random.whole(0, 5)) {
      case 0:
        return `clamp(${inner}, ${this.#pick(NUMBERS)}, ${this.#pick(NUMBERS)})`;
      case 1:
        return `${this.#pick(['clamp_min', 'clamp_max'])}(${inner}, ${this.scalar(depth - 1)})`;
      case 2:
        return `round(${inner}${this.#pick(['', ', 0.5', ', 10', ', 0'])})`;
      case 3:
        return `${this.#pick(OF_DATES)}(${this.#pick(['', 'timestamp(queue)', 'vector(time())', 'small * 1e6'])})`;
      default:
        return `${this.#pick(OF_ONE)}(${inner})`;
    }
  }

  whole(instant: boolean): string {
    if (instant && this.#chance(0.05)) {
      const extended = this.#pick(['', '', ' anchored', ' smoothed']);
      return this.#chance(0.5)
        ? this.#matrix(1)
        : `${this.#selector()}[${this.#pick(DURATIONS)}]${extended}${this.#modifiers()}`;
    }
    return this.#chance(0.06) ? this.scalar(3) : this.vector(this.#random.whole(1, 4));
  }
}

type RandomAsked =
  | { readonly kind: 'instant'; readonly timeMs: number }
  | { readonly kind: 'range'; readonly startMs: number; readonly endMs: number; readonly stepMs: number };

export interface RandomQuery {
  readonly query: string;
  readonly asked: RandomAsked;
  readonly options: {
    readonly lookbackMs: number;
    readonly delayedNameRemoval: boolean;
    readonly useStartTimestamps: boolean;
  };
}

export function randomQuery(seed: number): RandomQuery {
  const random = new Random(seed, 'query');
  const instant = random.chance(0.4);
  const options = {
    lookbackMs: random.pick([300_000, 300_000, 60_000, 90_000]),
    delayedNameRemoval: random.chance(0.3),
    useStartTimestamps: random.chance(0.3),
  };
  const time = (): number => {
    const timeMs = DATA_START_MS + random.whole(0, DATA_LENGTH_MS);
    return random.chance(0.5) ? Math.floor(timeMs / 15_000) * 15_000 + (DATA_START_MS % 15_000) : timeMs;
  };
  const query = new QueryMaker(random).whole(instant);
  if (instant) return { query, options, asked: { kind: 'instant', timeMs: time() } };
  const stepMs = random.pick([15_000, 30_000, 60_000, 61_000, 300_000, 420_000]);
  const startMs = time();
  const endMs = startMs + stepMs * random.whole(0, 9) + (random.chance(0.2) ? random.whole(0, stepMs - 1) : 0);
  return { query, options, asked: { kind: 'range', startMs, endMs, stepMs } };
}
