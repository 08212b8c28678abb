// Turns the written rules into a rule set: names, thresholds and closures, or every error with its path.
import { configError, type ConfigError, type Result } from '#proto/config/config-error.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';
import { AttributeKeys } from '../values/attribute-reader.ts';
import { SPAN_CONDITIONS, TRACE_CONDITIONS } from './condition-catalog.ts';
import type { Compiler } from './condition.ts';
import { DEFAULT_RULES, ZERO_CONFIGURATION } from './default-rules.ts';
import { compileWindow, type WindowConfig } from '../budget/compile-window.ts';
import { compileRate } from '../rates/compile-rate.ts';
import { RuleSet, type Linked, type Rule } from './rule-set.ts';
import { KEEP_ALL, parseProbability } from '#proto/model/threshold.ts';
import type { SpanTest, TraceCursor, TraceTest } from '../trace-cursor.ts';
import { isMap, mapExpected } from './written-map.ts';

const RULE_KEYS = ['name', 'when', 'keep', 'budget'];
const SPAN_KEYS = SPAN_CONDITIONS.map((condition) => condition.key);
const TRACE_KEYS = TRACE_CONDITIONS.map((condition) => condition.key);
/** Where rules stand in the configuration. */
const RULES_PATH = 'sampling.rules';
/** Rule indices are 16 bits in the decision memory. */
const MAX_RULES = 10_000;

/** The part of the sampling configuration that makes rules; nothing at all = {@link ZERO_CONFIGURATION}. */
export interface RulesConfig extends WindowConfig {
  readonly rules?: readonly unknown[] | undefined;
  /** Whose randomness decides on a trace with links. */
  readonly linked?: Linked | undefined;
}

export function compileRules(written: RulesConfig): Result<RuleSet, readonly ConfigError[]> {
  const config = inForce(written);
  const compiler = newCompiler();
  const rules: Rule[] = [];
  for (const [i, one] of (config.rules ?? []).entries()) {
    const rule = compileRule(one, `${RULES_PATH}[${i}]`, compiler);
    if (rule === undefined) continue;
    const twin = rules.findIndex((other) => other.name === rule.name);
    if (twin >= 0) {
      compiler.errors.push(
        configError(
          `${RULES_PATH}[${i}].name`,
          rule.name,
          'is the name of another rule',
          'give every rule a name of its own',
        ),
      );
    }
    rules.push(rule);
  }
  if (rules.length > MAX_RULES)
    compiler.errors.push(configError(RULES_PATH, rules.length, 'has too many rules', `write at most ${MAX_RULES}`));
  const window = compileWindow(config, compiler);
  if (compiler.errors.length > 0) return { ok: false, error: compiler.errors };
  return { ok: true, value: new RuleSet(rules, compiler.keys, compiler.predicates, { window, linked: config.linked }) };
}

/** What is written, completed: nothing at all is the zero configuration, a budget or floor alone keeps everything within it. */
export function inForce(written: RulesConfig): RulesConfig {
  if (written.rules !== undefined) return written;
  if (written.budget === undefined && written.floor === undefined)
    return { ...ZERO_CONFIGURATION, linked: written.linked };
  return { ...written, rules: DEFAULT_RULES };
}

function compileRule(written: unknown, path: string, compiler: Compiler): Rule | undefined {
  if (!isMap(written)) {
    compiler.errors.push(
      mapExpected(path, written, 'write a rule as { name: errors, when: { any: { status: error } }, keep: 100% }'),
    );
    return undefined;
  }
  let whole = true;
  for (const key of Object.keys(written)) {
    if (RULE_KEYS.includes(key)) continue;
    const misplaced = TRACE_KEYS.includes(key) || SPAN_KEYS.includes(key);
    const remedy = misplaced ? `write it under when: { ${key}: … }` : didYouMean(key, RULE_KEYS);
    compiler.errors.push(configError(`${path}.${key}`, undefined, 'is no key of a rule', remedy));
    whole = false;
  }
  const name = written['name'];
  if (typeof name !== 'string' || name === '') {
    compiler.errors.push(
      configError(`${path}.name`, name, 'is no name', 'give the rule a name: it is shown wherever the rule decided'),
    );
    whole = false;
  }
  const keep = compileKeep(written['keep'], `${path}.keep`, compiler);
  const budget = written['budget'];
  if (budget !== undefined && typeof budget !== 'boolean') {
    compiler.errors.push(
      configError(
        `${path}.budget`,
        budget,
        'is neither true nor false',
        'write budget: false for a rule whose traces the budget neither cuts nor counts',
      ),
    );
    whole = false;
  }
  const when = written['when'];
  const pathsBefore = compiler.paths.length;
  const test = when === undefined ? undefined : compiler.traceTest(when, `${path}.when`);
  if (!whole || keep === undefined || typeof name !== 'string' || (when !== undefined && test === undefined))
    return undefined;
  const conditions =
    JSON.stringify(when, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? '';
  return { name, test, ...keep, outsideBudget: budget === false, conditions, paths: compiler.paths.slice(pathsBefore) };
}

const KEEP_REMEDY = 'write a percentage from 0% to 100%, as keep: 5%';

/** A fixed threshold, or a rate whose threshold changes; then the fixed one is not used. */
function compileKeep(written: unknown, path: string, compiler: Compiler): Pick<Rule, 'threshold' | 'rate'> | undefined {
  if (isMap(written)) {
    const rate = compileRate(written, path, compiler);
    return rate === undefined ? undefined : { threshold: KEEP_ALL, rate };
  }
  const { errors } = compiler;
  const threshold = typeof written === 'string' ? parseProbability(written) : undefined;
  if (threshold !== undefined) return { threshold, rate: undefined };
  const number =
    typeof written === 'number'
      ? `a bare number may mean a fraction or a percentage: write keep: ${written}% or keep: ${Number(`${written}e2`)}%`
      : KEEP_REMEDY;
  const message = written === undefined ? 'is missing' : 'is no percentage within 0 and 100';
  errors.push(
    configError(
      path,
      written,
      message,
      typeof written === 'number' && written >= 0 && written <= 1 ? number : KEEP_REMEDY,
    ),
  );
  return undefined;
}

function newCompiler(): Compiler {
  const compiler: Compiler = {
    keys: new AttributeKeys(),
    predicates: [],
    errors: [],
    paths: [],
    spanTest(written, path): SpanTest | undefined {
      return conjunction(written, path, compiler, SPAN_CONDITIONS, TRACE_KEYS, 'a condition on a span');
    },
    traceTest(written, path): TraceTest | undefined {
      return conjunction(written, path, compiler, TRACE_CONDITIONS, SPAN_KEYS, 'a condition on a trace');
    },
  };
  return compiler;
}

interface AnyCondition {
  readonly key: string;
  readonly cost?: number;
  compile(written: unknown, path: string, compiler: Compiler): ((cursor: TraceCursor) => boolean) | undefined;
}

/** All conditions of a map together, the cheap first; an empty map holds always. */
function conjunction(
  written: unknown,
  path: string,
  compiler: Compiler,
  conditions: readonly AnyCondition[],
  others: readonly string[],
  what: string,
): ((cursor: TraceCursor) => boolean) | undefined {
  if (!isMap(written)) {
    compiler.errors.push(mapExpected(path, written, `write ${what} such as { ${conditions[0]!.key}: … }`));
    return undefined;
  }
  const tests: { cost: number; test: (cursor: TraceCursor) => boolean }[] = [];
  let whole = true;
  for (const [key, value] of Object.entries(written)) {
    const condition = conditions.find((one) => one.key === key);
    if (condition === undefined) {
      const keys = conditions.map((one) => one.key);
      const remedy = !others.includes(key)
        ? didYouMean(key, keys)
        : conditions === SPAN_CONDITIONS
          ? 'write it directly under when'
          : `write it under any, all or root, as any: { ${key}: … }`;
      compiler.errors.push(configError(`${path}.${key}`, undefined, `is no ${what.slice(2)}`, remedy));
      whole = false;
      continue;
    }
    const test = condition.compile(value, `${path}.${key}`, compiler);
    if (test === undefined) whole = false;
    else tests.push({ cost: condition.cost ?? 0, test });
  }
  if (!whole) return undefined;
  const ordered = tests.sort((a, b) => a.cost - b.cost).map((one) => one.test);
  if (ordered.length === 0) return () => true;
  if (ordered.length === 1) return ordered[0];
  return (cursor) => {
    for (let i = 0; i < ordered.length; i++) if (!ordered[i]!(cursor)) return false;
    return true;
  };
}
