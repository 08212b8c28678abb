// Text → series description: `metric{label="v"} 1 2+1x5 _x3 stale {{schema:0 count:3 buckets:[1 2]}}+{{count:1}}x4`.
import type { Buckets } from './histogram/buckets.ts';
import { EMPTY_HISTOGRAM, type CounterResetHint, type FloatHistogram } from './histogram/float-histogram.ts';
import { LabelSet, METRIC_NAME } from './labels.ts';
import { MAX_QUERY_BYTES } from './limits.ts';
import { unquote } from './literals.ts';
import { parseError, PromqlError } from './promql-error.ts';
import { quote } from './quote.ts';
import type { HistogramLiteral, SeriesDescription, SeriesItem } from './series-description.ts';
import { readNumber } from './syntax/read-number.ts';
import { SeriesLexer, type SeriesToken, type SeriesTokenKind } from './syntax/series-lexer.ts';
import { Source } from './syntax/source.ts';
import { describeToken, KEYWORDS, mayNameMetric } from './syntax/token.ts';

/** A member of a histogram: a number, or the numbers of a list. */
type Member = { readonly number: number } | { readonly list: readonly number[] } | { readonly hint: CounterResetHint };

class SeriesParser {
  readonly #source: Source;
  readonly #lexer: SeriesLexer;
  #ahead: SeriesToken;

  constructor(text: string) {
    this.#source = new Source(text);
    this.#lexer = new SeriesLexer(this.#source, (at, message) => this.#fail(at, message));
    this.#ahead = this.#lexer.next();
  }

  parse(): SeriesDescription {
    const labels = this.#labels();
    const items: SeriesItem[] = [];
    while (this.#ahead.kind !== 'end of input') {
      this.#expect('space', 'series values');
      if (this.#kind() !== 'end of input' && this.#kind() !== 'space') items.push(this.#item());
    }
    return { labels, items };
  }

  #kind(): SeriesTokenKind {
    return this.#ahead.kind;
  }

  #fail(at: number, message: string): never {
    throw parseError(this.#source.query, at, message);
  }

  #unexpected(where: string): never {
    const { kind, start, end } = this.#ahead;
    const shown = kind === 'end of input' ? kind : quote(this.#source.slice(start, end));
    return this.#fail(start, `unexpected ${shown} in ${where}`);
  }

  #take(): SeriesToken {
    const token = this.#ahead;
    if (token.kind !== 'end of input') this.#ahead = this.#lexer.next();
    return token;
  }

  #expect(kind: SeriesTokenKind, where: string): SeriesToken {
    return this.#kind() === kind ? this.#take() : this.#unexpected(where);
  }

  #text({ start, end }: SeriesToken): string {
    return this.#source.slice(start, end);
  }

  #string(token: SeriesToken): string {
    const read = unquote(this.#text(token));
    return 'error' in read ? this.#fail(token.start, read.error) : read.text;
  }

  #labels(): LabelSet {
    const labels = new Map<string, string>();
    const first = this.#ahead;
    const name = first.kind === 'word' ? this.#text(this.#take()) : undefined;
    const keyword = KEYWORDS.get(name?.toLowerCase() ?? '');
    if (name !== undefined && keyword !== undefined && !mayNameMetric(keyword))
      this.#fail(first.start, `unexpected ${describeToken(keyword, name)} in series values`);
    if (this.#kind() === '{') {
      this.#take();
      while (this.#kind() !== '}') {
        this.#label(labels);
        if (this.#kind() === ',') this.#take();
        else if (this.#kind() !== '}') this.#unexpected('label set, expected "," or "}"');
      }
      this.#take();
    }
    if (name !== undefined) labels.set(METRIC_NAME, name);
    return LabelSet.from(labels);
  }

  #label(labels: Map<string, string>): void {
    const kind = this.#kind();
    if (kind !== 'word' && kind !== 'string') this.#unexpected('label set, expected identifier or "}"');
    const token = this.#take();
    const name = kind === 'string' ? this.#string(token) : this.#text(token);
    if (this.#kind() === '=') {
      this.#take();
      labels.set(name, this.#string(this.#expect('string', 'label set, expected string')));
    } else if (kind === 'string') labels.set(METRIC_NAME, name);
    else this.#unexpected('label set, expected "="');
  }

  #item(): SeriesItem {
    switch (this.#kind()) {
      case '_':
        this.#take();
        return { kind: 'gap', count: this.#repetitions() ?? 1 };
      case 'word': {
        if (this.#text(this.#ahead) !== 'stale') this.#unexpected('series values, expected number or "stale"');
        this.#take();
        return { kind: 'stale', count: this.#copies() };
      }
      case '{{':
        return this.#histograms();
      default: {
        const value = this.#signedNumber('series values');
        const hasStep = this.#kind() === '+' || this.#kind() === '-';
        const step = hasStep ? this.#signedNumber('series values') : 0;
        if (hasStep && this.#kind() !== 'x') this.#unexpected('series values');
        return { kind: 'float', value, step, count: this.#copies() };
      }
    }
  }

  /** The number behind `x`; one value stands for itself. */
  #copies(): number {
    const repetitions = this.#repetitions();
    return repetitions === undefined ? 1 : repetitions + 1;
  }

  #repetitions(): number | undefined {
    if (this.#kind() !== 'x') return undefined;
    this.#take();
    return this.#whole();
  }

  #whole(): number {
    const token = this.#expect('number', 'series values');
    const text = this.#text(token);
    if (!/^\d{1,15}$/.test(text)) {
      this.#fail(
        token.start,
        `invalid repetition in series values: strconv.ParseUint: parsing ${quote(text)}: invalid syntax`,
      );
    }
    return Number(text);
  }

  #number(where: string): number {
    const token = this.#expect('number', where);
    const read = readNumber(this.#text(token));
    return 'error' in read ? this.#fail(token.start, read.error) : read.value;
  }

  #signedNumber(where: string): number {
    const sign = this.#kind();
    if (sign === '+' || sign === '-') this.#take();
    const number = this.#number(where);
    return sign === '-' ? -number : number;
  }

  #histograms(): SeriesItem {
    const literal = this.#histogram();
    const op = this.#kind();
    if (op !== '+' && op !== '-') return { kind: 'histogram', literal, change: undefined, count: this.#copies() };
    this.#take();
    const change = { op, by: this.#histogram() };
    if (this.#kind() !== 'x') this.#unexpected('series values');
    return { kind: 'histogram', literal, change, count: this.#copies() };
  }

  #histogram(): HistogramLiteral {
    this.#expect('{{', 'series values');
    const members = new Map<string, Member>();
    if (this.#kind() === 'space') {
      this.#take();
      if (this.#kind() !== '}}') this.#unexpected('series values');
    }
    while (this.#kind() !== '}}') {
      if (this.#kind() !== 'key')
        this.#unexpected('histogram description, expected histogram description key, e.g. buckets:[5 10 7]');
      const key = this.#text(this.#take()).toLowerCase();
      this.#expect(':', 'histogram description');
      const member = this.#member(key);
      if (members.has(key)) this.#fail(0, `duplicate key "${key}" in histogram`);
      members.set(key, member);
      if (this.#kind() === 'space') this.#take();
      else if (this.#kind() !== '}}')
        this.#unexpected('histogram description, expected histogram description key, e.g. buckets:[5 10 7]');
    }
    this.#take();
    return { histogram: histogramOf(members), hinted: members.has('counter_reset_hint') };
  }

  #member(key: string): Member {
    const where = 'histogram description';
    switch (key) {
      case 'counter_reset_hint':
        return { hint: this.#text(this.#expect('word', where)) as CounterResetHint };
      case 'buckets':
      case 'n_buckets':
      case 'custom_values':
        return { list: this.#list() };
      case 'schema':
      case 'offset':
      case 'n_offset': {
        const negative = this.#kind() === '-';
        if (negative) this.#take();
        return { number: negative ? -this.#whole() : this.#whole() };
      }
      case 'z_bucket_w':
        return { number: this.#number(where) };
      default:
        return { number: this.#signedNumber(where) };
    }
  }

  #list(): number[] {
    const where = 'buckets description';
    this.#expect('[', where);
    const list = [this.#signedNumber(where)];
    for (;;) {
      if (this.#kind() === 'space') this.#take();
      else if (this.#kind() !== ']') this.#unexpected(where);
      if (this.#kind() === ']') {
        this.#take();
        return list;
      }
      list.push(this.#signedNumber(where));
    }
  }
}

function numberOf(member: Member | undefined): number {
  return member !== undefined && 'number' in member ? member.number + 0 : 0;
}

function listOf(member: Member | undefined): readonly number[] {
  return member !== undefined && 'list' in member ? member.list : [];
}

function bucketsOf(list: Member | undefined, offset: Member | undefined): Buckets {
  const counts = listOf(list);
  const first = numberOf(offset);
  return { indexes: counts.map((_, at) => first + at), counts };
}

function histogramOf(members: ReadonlyMap<string, Member>): FloatHistogram {
  const hint = members.get('counter_reset_hint');
  return {
    ...EMPTY_HISTOGRAM,
    hint: hint !== undefined && 'hint' in hint ? hint.hint : 'unknown',
    schema: numberOf(members.get('schema')),
    sum: numberOf(members.get('sum')),
    count: numberOf(members.get('count')),
    zeroCount: numberOf(members.get('z_bucket')),
    zeroThreshold: numberOf(members.get('z_bucket_w')),
    customValues: listOf(members.get('custom_values')),
    positive: bucketsOf(members.get('buckets'), members.get('offset')),
    negative: bucketsOf(members.get('n_buckets'), members.get('n_offset')),
  };
}

/** Parses one series description. Throws PromqlError `bad_data`. */
export function parseSeriesDescription(text: string): SeriesDescription {
  if (text.length > MAX_QUERY_BYTES) {
    throw new PromqlError(
      'bad_data',
      `length limit: the description has ${text.length} characters, at most ${MAX_QUERY_BYTES} are allowed`,
    );
  }
  return new SeriesParser(text).parse();
}
