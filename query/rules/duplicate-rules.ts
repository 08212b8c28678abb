// Rules of one file with the same name and the same labels: allowed, but most often a mistake.
import { compareText } from '#query/promql/compare-text.ts';
import type { RuleFile, RuleLabels } from './model.ts';

interface NamedRule {
  readonly name: string;
  readonly labels: RuleLabels;
}

/** Each of them once, in order of names. */
function duplicatesIn({ groups }: RuleFile): readonly NamedRule[] {
  const counts = new Map<string, { readonly rule: NamedRule; count: number }>();
  for (const { rules } of groups) {
    for (const rule of rules) {
      const key = JSON.stringify([rule.name, ...rule.labels]);
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { rule, count: 1 });
      else known.count++;
    }
  }
  return [...counts]
    .filter(([, { count }]) => count > 1)
    .sort(([a], [b]) => compareText(a, b))
    .map(([, { rule }]) => rule);
}

/** What promtool prints about them; undefined where there are none. */
export function duplicateRulesText(file: RuleFile): string | undefined {
  const duplicates = duplicatesIn(file);
  if (duplicates.length === 0) return undefined;
  const parts = duplicates.map(({ name, labels }) => {
    const lines = [...labels].map(([label, value]) => `\t${label}: ${value}\n`);
    return `Metric: ${name}\nLabel(s):\n${lines.join('')}`;
  });
  return `lint error ${duplicates.length} duplicate rule(s) found.\n${parts.join('')}Might cause inconsistency while recording expressions`;
}
