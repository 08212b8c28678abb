// Names of labels and annotations in files of rules.
import { isLabelName, isLegacyLabelName, METRIC_NAME } from '#query/promql/labels.ts';
import type { RuleLabels } from './model.ts';
import type { FieldProblem, Fields } from './yaml/fields.ts';

/** `utf8`: any text may be a name; `legacy`: letters, digits and underscores, as before Prometheus 3. */
export type NameScheme = 'utf8' | 'legacy';

const LEGACY_METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

export function isMetricName(name: string, scheme: NameScheme): boolean {
  return scheme === 'legacy' ? LEGACY_METRIC_NAME.test(name) : isLabelName(name);
}

export function labelProblems(
  fields: Fields,
  field: 'labels' | 'annotations',
  labels: RuleLabels,
  scheme: NameScheme,
): FieldProblem[] {
  const what = field === 'labels' ? 'label' : 'annotation';
  return [...labels.keys()]
    .filter((name) => {
      const isValid = scheme === 'legacy' ? isLegacyLabelName(name) : isLabelName(name);
      return !isValid || (field === 'labels' && name === METRIC_NAME);
    })
    .map((name) => ({ at: fields.placeOfMember(field, name), reason: `invalid ${what} name: ${name}` }));
}
