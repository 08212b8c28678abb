// What expressions of templates give: Go's values, as far as Prometheus' templates have them.
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';

export interface ListValue {
  readonly kind: 'list';
  readonly items: readonly Value[];
}

export interface MapValue {
  readonly kind: 'map';
  /** Members are texts, or anything. */
  readonly of: 'text' | 'any';
  /** In the order of the keys. */
  readonly entries: ReadonlyMap<string, Value>;
}

/** A series of a query at its instant. */
export interface SampleValue {
  readonly kind: 'sample';
  readonly labels: MapValue;
  readonly value: Value;
}

/** What a template begins with: `.Labels`, `.ExternalLabels`, `.ExternalURL`, `.Value`. */
interface StructValue {
  readonly kind: 'struct';
  readonly fields: ReadonlyMap<string, Value>;
}

export interface TimeValue {
  readonly kind: 'time';
  readonly timeMs: number;
}

export interface DurationValue {
  readonly kind: 'duration';
  readonly nanoseconds: bigint;
}

/** Text that is HTML already. */
interface HtmlValue {
  readonly kind: 'html';
  readonly text: string;
}

interface HistogramValue {
  readonly kind: 'histogram';
  readonly histogram: FloatHistogram;
}

/** One byte of a text. */
interface ByteValue {
  readonly kind: 'byte';
  readonly value: number;
}

/** `number` is a float, `bigint` an integer, undefined no value. */
export type Value =
  | undefined
  | string
  | boolean
  | number
  | bigint
  | ListValue
  | MapValue
  | SampleValue
  | StructValue
  | TimeValue
  | DurationValue
  | HtmlValue
  | HistogramValue
  | ByteValue;

const DATA_TYPE =
  'struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }';

const TYPE_NAMES: Readonly<Record<string, string>> = {
  list: 'template.queryResult',
  sample: '*template.sample',
  struct: DATA_TYPE,
  time: '*time.Time',
  duration: '*time.Duration',
  html: 'template.HTML',
  histogram: '*histogram.FloatHistogram',
  byte: 'uint8',
};

/** The type's name in Go, as messages show it. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'undefined':
      return '<nil>';
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return 'float64';
    case 'bigint':
      return 'int';
    default:
      if (value.kind === 'map') return value.of === 'text' ? 'map[string]string' : 'map[string]interface {}';
      return TYPE_NAMES[value.kind] ?? value.kind;
  }
}

/** What `if`, `and`, `or` and `not` go by: zero, empty and nothing are false. */
export function isTrue(value: Value): boolean {
  switch (typeof value) {
    case 'undefined':
      return false;
    case 'string':
      return value !== '';
    case 'boolean':
      return value;
    case 'number':
      return value !== 0;
    case 'bigint':
      return value !== 0n;
    default:
      if (value.kind === 'list') return value.items.length > 0;
      if (value.kind === 'map') return value.entries.size > 0;
      if (value.kind === 'html') return value.text !== '';
      if (value.kind === 'byte') return value.value !== 0;
      return true;
  }
}

/** What it costs to look at all of it: characters or members. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object') return 0;
  if (value.kind === 'list') return value.items.length;
  if (value.kind === 'map') return value.entries.size;
  return value.kind === 'html' ? value.text.length : 0;
}

export function textMap(entries: Iterable<readonly [string, string]>): MapValue {
  return { kind: 'map', of: 'text', entries: new Map(entries) };
}
