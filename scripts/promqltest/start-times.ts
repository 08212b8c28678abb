// Lines with start timestamps: `metric{labels}@st -1m _x2 0s+30sx5`, each relative to the time of the sample at its place.
import type { LabelSet } from '#query/promql/labels.ts';
import { MAX_SERIES_VALUES } from '#query/promql/limits.ts';
import { parseSeriesDescription } from '#query/promql/parse-series.ts';
import { readDuration } from '#query/promql/syntax/read-number.ts';

export interface StartTimes {
  readonly labels: LabelSet;
  readonly offsetsMs: readonly (number | undefined)[];
}

export function isStartTimeLine(line: string): boolean {
  return /^\S+@st\s/.test(line);
}

function durationMs(text: string): number {
  const read = readDuration(text.replace(/^[+-]/, ''));
  if ('error' in read) throw new Error(`invalid duration in an @st line: ${read.error}`);
  const valueMs = Math.round(read.value * 1000);
  return text.startsWith('-') ? -valueMs : valueMs;
}

function readItem(item: string): (number | undefined)[] {
  const match = /^(?:(_)|([+-]?\d+[a-wyz]*)([+-]\d+[a-wyz]*)?)(?:x(\d+))?$/i.exec(item);
  const repeats = Number(match?.[4] ?? 0);
  if (match === null || repeats > MAX_SERIES_VALUES)
    throw new Error(`invalid item ${JSON.stringify(item)} in an @st line`);
  if (match[1] !== undefined) {
    if (match[4] === '0') throw new Error('invalid repeat count in an @st line');
    return Array.from({ length: Math.max(1, repeats) }, () => undefined);
  }
  if (match[3] !== undefined && match[4] === undefined)
    throw new Error("expected 'x<count>' after the step of an @st line");
  const stepMs = match[3] === undefined ? 0 : durationMs(match[3]);
  const firstMs = durationMs(match[2] ?? '');
  return Array.from({ length: repeats + 1 }, (_, at) => firstMs + at * stepMs);
}

export function readStartTimes(line: string): StartTimes {
  const [head = '', ...items] = line.split(/\s+/);
  const { labels } = parseSeriesDescription(`${head.replace(/@st$/, '')} _`);
  return { labels, offsetsMs: items.flatMap(readItem) };
}
