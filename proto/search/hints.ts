// What reads well and may not be what was meant: said beside the search, which runs as it is written.
import { nearestKey } from '../config/nearest-key.ts';
import { conjuncts, type Comparison, type Expression, type TextPart } from './expression.ts';
import { FIELD_NAMES } from './fields.ts';
import { printValue } from './print.ts';

export interface Hint {
  readonly place: TextPart;
  readonly message: string;
}

/** Longer keys are no slip of a field. */
const MAX_KEY = 20;

export function hintsOn(expression: Expression | undefined): readonly Hint[] {
  const hints = comparisonsIn(expression).flatMap((one) => [...misspeltField(one), ...starInText(one)]);
  const parts = conjuncts(expression);
  for (const [i, part] of parts.entries()) {
    const next = parts[i + 1];
    const value = part.kind === 'comparison' && part.operator === '=' ? part.values[0] : undefined;
    if (value?.type !== 'string' || next?.kind !== 'word' || !/^[/:]/.test(next.text)) continue;
    hints.push({
      place: { from: part.from, to: next.to },
      message: `a value with a space is written in quotes, as "${value.text} ${next.text}"`,
    });
  }
  return hints;
}

function comparisonsIn(expression: Expression | undefined): readonly Comparison[] {
  if (expression === undefined) return [];
  switch (expression.kind) {
    case 'comparison':
      return [expression];
    case 'and':
    case 'or':
      return expression.parts.flatMap(comparisonsIn);
    case 'not':
    case 'any':
    case 'all':
      return comparisonsIn(expression.part);
    case 'exists':
    case 'word':
      return [];
  }
}

function misspeltField({ subject, from, to }: Comparison): readonly Hint[] {
  if (subject.of === 'field' || subject.key.length > MAX_KEY || subject.key.includes('.')) return [];
  const nearest = nearestKey(
    subject.key,
    FIELD_NAMES.filter((name) => !name.includes('.')),
  );
  if (nearest === undefined || nearest === subject.key) return [];
  return [{ place: { from, to }, message: `${subject.key} is an attribute; did you mean the field ${nearest}?` }];
}

function starInText({ operator, values, from, to }: Comparison): readonly Hint[] {
  const value = values[0];
  if (operator !== '=' || value?.type !== 'string' || !value.text.endsWith('*')) return [];
  const pattern = value.text.replaceAll(/[.?+^$()[\]{}|\\]/g, '\\$&').replaceAll('*', '.*');
  return [
    {
      place: { from, to },
      message: `= compares the whole text, the star too; a pattern is ~${printValue({ type: 'string', text: pattern })}`,
    },
  ];
}
