// Values as text: what an action writes, and what `print` joins.
import { formatGo } from '#query/promql/format-number.ts';
import { histogramText } from '#query/promql/histogram/text.ts';
import { durationText, timeText } from './go-time.ts';
import type { Value } from './value.ts';

/** What `{{ … }}` writes. */
export function outputText(value: Value): string {
  return value === undefined ? '<no value>' : valueText(value, true);
}

/** Go's %v. `isPrinted`: an action shows what a pointer points to, `print` the pointer's sign as well. */
export function valueText(value: Value, isPrinted = false): string {
  switch (typeof value) {
    case 'undefined':
      return '<nil>';
    case 'string':
      return value;
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return formatGo(value);
  }
  switch (value.kind) {
    case 'list':
      return `[${value.items.map((item) => valueText(item)).join(' ')}]`;
    case 'map':
      return `map[${[...value.entries].map(([key, item]) => `${key}:${valueText(item)}`).join(' ')}]`;
    case 'sample':
      return `${isPrinted ? '' : '&'}{${valueText(value.labels)} ${valueText(value.value)}}`;
    case 'struct':
      return `{${[...value.fields.values()].map((field) => valueText(field)).join(' ')}}`;
    case 'time':
      return timeText(value);
    case 'duration':
      return durationText(value);
    case 'html':
      return value.text;
    case 'histogram':
      return histogramText(value.histogram);
    case 'byte':
      return String(value.value);
  }
}

function isText(value: Value): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value.kind === 'html');
}

/** Go's Sprint: a blank between two neighbours where neither is a text. `isPrinted` as above. */
export function printed(values: readonly Value[], isPrinted = false): string {
  let text = '';
  for (const [at, value] of values.entries()) {
    if (at > 0 && !isText(value) && !isText(values[at - 1])) text += ' ';
    text += valueText(value, isPrinted);
  }
  return text;
}

/** Go's Sprintln: a blank between all of them, and a line's end. */
export function printedLine(values: readonly Value[]): string {
  return `${values.map((value) => valueText(value)).join(' ')}\n`;
}
