// Labels of series from resource and point attributes, as Prometheus' OTLP endpoint makes them.
import type { Attribute } from './metric-reader.ts';
import { labelName } from './prometheus-name.ts';

export type Labels = ReadonlyMap<string, string>;

/** What a resource gives to its series. */
export interface ResourceLabels {
  /** job and instance, where the resource names them. */
  readonly identity: Labels;
  /** Labels of target_info, or null when it would say nothing or nobody could join it. */
  readonly targetInfo: Labels | null;
}

const IDENTIFYING: ReadonlySet<string> = new Set(['service.namespace', 'service.name', 'service.instance.id']);

export function resourceLabels(attributes: readonly Attribute[]): ResourceLabels {
  const value = (key: string): string => attributes.find((attribute) => attribute.key === key)?.value ?? '';
  const identity = new Map<string, string>();
  const instance = value('service.instance.id');
  if (instance !== '') identity.set('instance', instance);
  const namespace = value('service.namespace');
  const name = value('service.name');
  if (name !== '') identity.set('job', namespace === '' ? name : `${namespace}/${name}`);
  const rest = attributes.filter((attribute) => !IDENTIFYING.has(attribute.key));
  return { identity, targetInfo: rest.length === 0 || identity.size === 0 ? null : mergedLabels(rest, identity) };
}

/**
 * Labels of a point, sorted by name. Keys that become the same label have their values joined by `;` in the order of the keys;
 * `fixed` labels (job, instance, le) win over attributes. An empty value is no label.
 */
export function mergedLabels(attributes: readonly Attribute[], ...fixed: readonly Labels[]): Labels {
  const labels = new Map<string, string>();
  const sorted =
    attributes.length < 2 ? attributes : attributes.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  for (const { key, value } of sorted) {
    if (key === '' || value === '') continue;
    const name = labelName(key);
    const before = labels.get(name);
    labels.set(name, before === undefined ? value : `${before};${value}`);
  }
  for (const more of fixed) for (const [name, value] of more) labels.set(name, value);
  return sortedLabels(labels);
}

/** The labels with one more. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const more = new Map(labels);
  more.set(name, value);
  return sortedLabels(more);
}

function sortedLabels(labels: Map<string, string>): Labels {
  return new Map([...labels].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
