// What is known of metric families: 1.0 sends their metadata apart from their series, by and by.
import { METRIC_METADATA, METRIC_TYPES } from '#proto/prometheus/fields.ts';
import { WireReader } from '#proto/wire/reader.ts';
import { textOf } from './read-labels.ts';

const MAX_FAMILIES = 50_000;
/** What names of series may add to that of their family. */
const SUFFIX = /_(?:bucket|sum|count|total|created)$/;

export interface Facts {
  /** As the metadata API names it; empty when unknown. */
  readonly kind: string;
  readonly help: string;
  readonly unit: string;
}
export const NO_FACTS: Facts = { kind: '', help: '', unit: '' };

export function familyOf(metric: string): string {
  return metric.replace(SUFFIX, '');
}

export class MetricFamilies {
  readonly #families = new Map<string, Facts>();

  /** Reads MetricMetadata, bytes[from, to). @returns why it is not remembered @throws WireError */
  read(bytes: Uint8Array, from: number, to: number): string | undefined {
    const reader = new WireReader(bytes, from, to);
    let [family, kind, help, unit] = ['', '', '', ''];
    while (reader.next()) {
      if (reader.fieldTag === METRIC_METADATA.type) kind = METRIC_TYPES[reader.lo] ?? '';
      else if (reader.fieldTag === METRIC_METADATA.familyName) family = textOf(bytes, reader.from, reader.to) ?? '';
      else if (reader.fieldTag === METRIC_METADATA.help) help = textOf(bytes, reader.from, reader.to) ?? '';
      else if (reader.fieldTag === METRIC_METADATA.unit) unit = textOf(bytes, reader.from, reader.to) ?? '';
    }
    if (family === '') return undefined;
    const before = this.#families.get(family);
    if (before?.kind === kind && before.help === help && before.unit === unit) return undefined;
    if (before === undefined && this.#families.size >= MAX_FAMILIES)
      return `metadata of ${JSON.stringify(family.slice(0, 100))}: more than ${MAX_FAMILIES} metric families`;
    this.#families.set(family, { kind, help, unit });
    return undefined;
  }

  /** By the name of a metric, or that of its family. */
  of(name: string, family: string): Facts | undefined {
    return this.#families.get(name) ?? this.#families.get(family);
  }
}
