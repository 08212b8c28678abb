// Series notation of the promqltest language: `metric{label="v"} 1 2+1x5 _ stale {{…}}`.
import { add, subtract } from '#query/promql/histogram/arithmetic.ts';
import { bucketsFromSpans, type Buckets } from '#query/promql/histogram/buckets.ts';
import type { CounterResetHint, FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { LabelSet, METRIC_NAME } from '#query/promql/labels.ts';
import { parseNumber } from '#query/promql/literals.ts';
import { parse } from '#query/promql/parse.ts';

/** One slot of a sequence. */
type Slot =
  | { readonly kind: 'gap' | 'stale' }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'histogram'; readonly histogram: FloatHistogram; readonly hinted: boolean };

export interface SeriesLine {
  readonly labels: LabelSet;
  readonly slots: readonly Slot[];
}

/** Splits `metric{labels} rest`: braces inside strings do not count. */
function splitLine(line: string): { head: string; rest: string } {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? '';
  let at = name.length;
  if (line[at] !== '{' || line.startsWith('{{', at)) return { head: name, rest: line.slice(at) };
  let quoteMark = '';
  for (; at < line.length; at++) {
    const character = line[at] ?? '';
    if (quoteMark !== '') {
      if (character === '\\' && quoteMark !== '`') at++;
      else if (character === quoteMark) quoteMark = '';
    } else if (character === '"' || character === "'" || character === '`') quoteMark = character;
    else if (character === '}') break;
  }
  return { head: line.slice(0, at + 1), rest: line.slice(at + 1) };
}

function readLabels(head: string): LabelSet {
  if (head === '' || head === '{}') return LabelSet.empty;
  const expr = parse(head);
  if (expr.kind !== 'vector') throw new Error(`not a series: ${head}`);
  return LabelSet.from(
    expr.matchers
      .map((matcher) => [matcher.name, matcher.value] as const)
      .filter(([name], at, all) => name !== METRIC_NAME || all.findIndex(([other]) => other === name) === at),
  );
}

/** A number with its sign. */
export function readNumber(text: string): number {
  const number = parseHexFloat(text) ?? parseNumber(text.replace(/^[+-]/, ''))?.value;
  if (number === undefined) throw new Error(`not a number: ${text}`);
  return text.startsWith('-') ? -number : number;
}

function parseHexFloat(text: string): number | undefined {
  const match = /^[+-]?0x([0-9a-f]+)(?:\.([0-9a-f]*))?p([+-]?\d+)$/i.exec(text);
  if (match === null) return undefined;
  const digits = (match[1] ?? '') + (match[2] ?? '');
  return Number.parseInt(digits, 16) * 2 ** (Number(match[3]) - 4 * (match[2] ?? '').length);
}

function readHistogram(text: string): FloatHistogram {
  const members = new Map(
    [...text.matchAll(/(\w+):(\[[^\]]*\]|[^\s}]+)/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const number = (key: string): number => readNumber(members.get(key) ?? '0');
  const list = (key: string): number[] =>
    (members.get(key) ?? '[]')
      .slice(1, -1)
      .split(/\s+/)
      .filter((one) => one !== '')
      .map(readNumber);
  const side = (key: string, offset: string): Buckets => {
    const counts = list(key);
    return bucketsFromSpans([[number(offset), counts.length]], counts);
  };
  return {
    hint: (members.get('counter_reset_hint') ?? 'unknown') as CounterResetHint,
    schema: number('schema'),
    zeroThreshold: number('z_bucket_w'),
    zeroCount: number('z_bucket'),
    count: number('count'),
    sum: number('sum'),
    positive: side('buckets', 'offset'),
    negative: side('n_buckets', 'n_offset'),
    customValues: list('custom_values'),
  };
}

function readItem(item: string): Slot[] {
  const gap = /^_(?:x(\d+))?$/.exec(item);
  if (gap !== null) return Array.from({ length: Number(gap[1] ?? 1) }, () => ({ kind: 'gap' }));
  const stale = /^stale(?:x(\d+))?$/.exec(item);
  if (stale !== null) return Array.from({ length: Number(stale[1] ?? 0) + 1 }, () => ({ kind: 'stale' }));
  if (item.startsWith('{{')) {
    const [, base = '', sign, step, repeats] = /^(\{\{.*?\}\})(?:([+-])(\{\{.*?\}\}))?(?:x(\d+))?$/.exec(item) ?? [];
    const hinted = (step ?? base).includes('counter_reset_hint');
    let histogram = readHistogram(base);
    const slots: Slot[] = [{ kind: 'histogram', histogram, hinted }];
    for (let at = 1; at <= Number(repeats ?? 0); at++) {
      if (step !== undefined)
        histogram = (sign === '-' ? subtract : add)(histogram, readHistogram(step))?.histogram ?? histogram;
      slots.push({ kind: 'histogram', histogram, hinted });
    }
    return slots;
  }
  const repeated = /^(.+?)(?:([+-])((?:[\d.]+(?:e[+-]?\d+)?|0x[0-9a-f]+|inf|nan)))?x(\d+)$/i.exec(item);
  if (repeated === null || /^[+-]?0x[0-9a-f.]+p/i.test(item)) return [{ kind: 'value', value: readNumber(item) }];
  const start = readNumber(repeated[1] ?? '');
  const increment = repeated[3] === undefined ? 0 : readNumber(repeated[3]) * (repeated[2] === '-' ? -1 : 1);
  const slots: Slot[] = [];
  let value = start;
  for (let at = 0; at <= Number(repeated[4]); at++) {
    slots.push({ kind: 'value', value });
    value += increment;
  }
  return slots;
}

/** Parses one series line. */
export function parseSeriesLine(line: string): SeriesLine {
  const { head, rest } = splitLine(line);
  const items = rest.match(/\{\{.*?\}\}(?:[+-]\{\{.*?\}\})?(?:x\d+)?|\S+/g) ?? [];
  return { labels: readLabels(head), slots: items.flatMap(readItem) };
}
