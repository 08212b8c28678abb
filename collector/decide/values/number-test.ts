// Comparisons on numbers that the trace has (counts, durations): closures over doubles.
import { configError, type ConfigError } from '#proto/config/config-error.ts';
import { parseDurationNs } from '#proto/config/units.ts';
import { parseComparisons, type Operator } from './comparison.ts';

export interface NumberTest {
  (value: number): boolean;
  /** Between two neighbours of these the answer is the same. */
  readonly edges: readonly number[];
}

interface NumberKind {
  readonly parse: (text: string) => number | undefined;
  readonly remedy: string;
}

export const COUNT: NumberKind = {
  parse: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
  remedy: "write a whole number with an operator, as '> 100'",
};
/** ns. */
export const DURATION: NumberKind = {
  parse: (text) => parseDurationNs(text),
  remedy: "write an operator and a duration with its unit, as '> 800ms'",
};

/** A percentage as a part of 1. */
export const SHARE: NumberKind = {
  parse(text) {
    const percent = /^(\d{1,3}(?:\.\d{1,12})?)\s*%$/.exec(text);
    const share = percent === null ? undefined : Number(`${percent[1]}e-2`);
    return share === undefined || share > 1 ? undefined : share;
  },
  remedy: "write an operator and a percentage from 0% to 100%, as '> 50%'",
};

export function compileNumberTest(
  written: unknown,
  kind: NumberKind,
  path: string,
  errors: ConfigError[],
): NumberTest | undefined {
  const comparisons = parseComparisons(written, path, errors);
  if (comparisons === undefined) return undefined;
  const tests: ((value: number) => boolean)[] = [];
  const edges: number[] = [];
  for (const { operator, operands } of comparisons) {
    const values = operands.map((operand) => kind.parse(operand.text));
    const known = values.filter((value) => value !== undefined);
    const test = known.length === values.length ? numberTest(operator, known) : undefined;
    if (test === undefined) {
      errors.push(configError(path, written, 'cannot be compared with', kind.remedy));
      return undefined;
    }
    tests.push(test);
    edges.push(...known);
  }
  if (tests.length === 1) return Object.assign(tests[0]!, { edges });
  const all = (value: number): boolean => {
    for (let i = 0; i < tests.length; i++) if (!tests[i]!(value)) return false;
    return true;
  };
  return Object.assign(all, { edges });
}

function numberTest(operator: Operator, values: readonly number[]): ((value: number) => boolean) | undefined {
  const bound = values[0]!;
  switch (operator) {
    case '=':
      return (value) => value === bound;
    case '!=':
      return (value) => value !== bound;
    case '<':
      return (value) => value < bound;
    case '<=':
      return (value) => value <= bound;
    case '>':
      return (value) => value > bound;
    case '>=':
      return (value) => value >= bound;
    case 'in':
      return (value) => values.includes(value);
    case 'exists':
    case 'matches':
      return undefined;
  }
}
