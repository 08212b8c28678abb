// The options that check-rules and test-rules share.
import type { LanguageFeatures } from '#query/promql/features.ts';
import type { CommandOption, OptionValues } from '../command.ts';
import { UsageError } from '../command.ts';

const EXPERIMENTAL_FUNCTIONS = 'promql-experimental-functions';
const EXTENDED_RANGE_SELECTORS = 'promql-extended-range-selectors';
const BINOP_FILL_MODIFIERS = 'promql-binop-fill-modifiers';
const DELAYED_NAME_REMOVAL = 'promql-delayed-name-removal';
const NAMES = [EXPERIMENTAL_FUNCTIONS, EXTENDED_RANGE_SELECTORS, BINOP_FILL_MODIFIERS, DELAYED_NAME_REMOVAL];

export const ruleOptions: Record<'enable-feature' | 'ignore-unknown-fields', CommandOption> = {
  'enable-feature': { value: 'A,B', about: `features of PromQL that are switched on: ${NAMES.join(', ')}` },
  'ignore-unknown-fields': { about: 'fields of rule files that Prometheus does not know are passed by' },
};

export interface EnabledFeatures {
  readonly language: LanguageFeatures;
  readonly delayedNameRemoval: boolean;
}

/** @throws UsageError for a feature that there is not */
export function featuresOf(options: OptionValues): EnabledFeatures {
  const given = String(options['enable-feature'] ?? '')
    .split(',')
    .filter((name) => name !== '');
  const unknown = given.find((name) => !NAMES.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--enable-feature knows no "${unknown}": there are ${NAMES.join(', ')}`);
  const language = {
    experimentalFunctions: given.includes(EXPERIMENTAL_FUNCTIONS),
    extendedRangeSelectors: given.includes(EXTENDED_RANGE_SELECTORS),
    binopFillModifiers: given.includes(BINOP_FILL_MODIFIERS),
  };
  return { language, delayedNameRemoval: given.includes(DELAYED_NAME_REMOVAL) };
}
