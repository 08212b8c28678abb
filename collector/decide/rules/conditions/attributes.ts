// Conditions: attributes of a span (with its resource's behind them), and of its resource alone.
import { compileValueTest, type ValueTest } from '../../values/attribute-test.ts';
import type { Compiler, SpanCondition } from '../condition.ts';
import { isMap, mapExpected } from '../written-map.ts';

interface KeyTest {
  readonly slot: number;
  readonly test: ValueTest;
}

function compileAll(written: unknown, path: string, compiler: Compiler): readonly KeyTest[] | undefined {
  if (!isMap(written) || Object.keys(written).length === 0) {
    compiler.errors.push(mapExpected(path, written, 'write keys and values, as { http.route: /checkout }'));
    return undefined;
  }
  const tests: KeyTest[] = [];
  let whole = true;
  for (const [key, value] of Object.entries(written)) {
    const test = compileValueTest(value, `${path}.${key}`, compiler.errors);
    if (test === undefined) whole = false;
    else tests.push({ slot: compiler.keys.slot(key), test });
  }
  return whole ? tests : undefined;
}

export const attributesCondition: SpanCondition = {
  key: 'attributes',
  description:
    'Attributes of the span, each with its type: 500 is an int, "500" a string; where the span lacks the key, its resource is asked. ' +
    'A missing key meets nothing but { exists: false }.',
  example: "attributes: { http.response.status_code: '>= 500', url.path: [/a, /b] }",
  cost: 2,
  compile(written, path, compiler) {
    const tests = compileAll(written, path, compiler);
    if (tests === undefined) return undefined;
    return (cursor) => {
      for (let i = 0; i < tests.length; i++) if (!cursor.attribute(tests[i]!.slot, tests[i]!.test)) return false;
      return true;
    };
  },
};

export const resourceCondition: SpanCondition = {
  key: 'resource',
  description: "Attributes of the span's resource alone, compared as under attributes.",
  example: 'resource: { k8s.namespace.name: shop }',
  cost: 2,
  compile(written, path, compiler) {
    const tests = compileAll(written, path, compiler);
    if (tests === undefined) return undefined;
    return (cursor) => {
      for (let i = 0; i < tests.length; i++)
        if (!cursor.resourceAttribute(tests[i]!.slot, tests[i]!.test)) return false;
      return true;
    };
  },
};
