// How a metric of query itself is declared, in a table beside what it counts, and how tables become the text that a Prometheus scrapes.
// docs/metrics.md is made of the tables.

export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric that is read from an `Of`. */
export interface Metric<Of> {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly help: string;
  /** Current values; counters only grow. */
  readonly read: (of: Of) => readonly Sample[];
}

/** In the text format of Prometheus, version 0.0.4. */
export function metricsText<Of>(table: readonly Metric<Of>[], of: Of): string {
  return table
    .map(({ name, kind, help, read }) => {
      const lines = read(of).map(([labels, value]) => `${name}${labelText(labels)} ${valueText(value)}\n`);
      return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}`;
    })
    .join('');
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function valueText(value: number): string {
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
}
