// Many attributes in the order of their names' first part; a filter over keys and values.
import type { Attribute } from '#proto/api/common.ts';

/** Fewer are read at a glance, in the order in which they came. */
export const GROUPED_FROM = 30;
/** A group of fewer goes with the others. */
const LEAST_GROUP = 3;

export interface AttributeGroup {
  /** '' for those that have no group. */
  readonly name: string;
  readonly attributes: readonly Attribute[];
}

export function matchingAttributes(attributes: readonly Attribute[], text: string): readonly Attribute[] {
  const low = text.trim().toLowerCase();
  return low === ''
    ? attributes
    : attributes.filter((a) => a.key.toLowerCase().includes(low) || a.value.toLowerCase().includes(low));
}

/** By the part of the key before its first dot. */
export function attributeGroups(attributes: readonly Attribute[]): AttributeGroup[] {
  if (attributes.length < GROUPED_FROM) return [{ name: '', attributes }];
  const byName = new Map<string, Attribute[]>();
  for (const attribute of attributes) {
    const at = attribute.key.indexOf('.');
    const name = at > 0 ? attribute.key.slice(0, at) : '';
    const list = byName.get(name);
    if (list) list.push(attribute);
    else byName.set(name, [attribute]);
  }
  const byKey = (a: Attribute, b: Attribute): number => (a.key < b.key ? -1 : 1);
  const large = [...byName].filter(([name, list]) => name !== '' && list.length >= LEAST_GROUP);
  const others = [...byName].filter(([name, list]) => name === '' || list.length < LEAST_GROUP).flatMap(([, l]) => l);
  return [
    ...large
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, list]) => ({ name, attributes: list.toSorted(byKey) })),
    ...(others.length > 0 ? [{ name: '', attributes: others.toSorted(byKey) }] : []),
  ];
}
