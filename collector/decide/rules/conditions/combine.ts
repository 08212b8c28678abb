// not, any_of and all_of, for conditions on a span and on the trace alike.
import { configError } from '#proto/config/config-error.ts';
import type { Compiler, SpanCondition, TraceCondition } from '../condition.ts';
import type { TraceCursor } from '../../trace-cursor.ts';

type Test = (cursor: TraceCursor) => boolean;
type CompileOne = (compiler: Compiler) => (written: unknown, path: string) => Test | undefined;

const ofSpan: CompileOne = (compiler) => (written, path) => compiler.spanTest(written, path);
const ofTrace: CompileOne = (compiler) => (written, path) => compiler.traceTest(written, path);

function compileList(
  written: unknown,
  path: string,
  compiler: Compiler,
  compileOne: CompileOne,
): readonly Test[] | undefined {
  if (!Array.isArray(written) || written.length === 0) {
    compiler.errors.push(
      configError(
        path,
        written,
        'is no list of conditions',
        "write a list, as [{ status: error }, { duration: '> 1s' }]",
      ),
    );
    return undefined;
  }
  const tests = written.map((one, i) => compileOne(compiler)(one, `${path}[${i}]`));
  const known = tests.filter((test) => test !== undefined);
  return known.length === tests.length ? known : undefined;
}

function not(compileOne: CompileOne, example: string) {
  return {
    key: 'not',
    cost: 2,
    description: 'The conditions below do not hold together.',
    example,
    compile(written: unknown, path: string, compiler: Compiler): Test | undefined {
      const test = compileOne(compiler)(written, path);
      return test === undefined ? undefined : (cursor) => !test(cursor);
    },
  };
}

function anyOf(compileOne: CompileOne, example: string) {
  return {
    key: 'any_of',
    cost: 3,
    description: 'At least one of the listed groups of conditions holds.',
    example,
    compile(written: unknown, path: string, compiler: Compiler): Test | undefined {
      const tests = compileList(written, path, compiler, compileOne);
      if (tests === undefined) return undefined;
      return (cursor) => {
        for (let i = 0; i < tests.length; i++) if (tests[i]!(cursor)) return true;
        return false;
      };
    },
  };
}

function allOf(compileOne: CompileOne, example: string) {
  return {
    key: 'all_of',
    cost: 3,
    description: 'All of the listed groups of conditions hold.',
    example,
    compile(written: unknown, path: string, compiler: Compiler): Test | undefined {
      const tests = compileList(written, path, compiler, compileOne);
      if (tests === undefined) return undefined;
      return (cursor) => {
        for (let i = 0; i < tests.length; i++) if (!tests[i]!(cursor)) return false;
        return true;
      };
    },
  };
}

export const spanCombinators: readonly SpanCondition[] = [
  not(ofSpan, 'not: { service: frontend }'),
  anyOf(ofSpan, "any_of: [{ status: error }, { duration: '> 1s' }]"),
  allOf(ofSpan, 'all_of: [{ not: { kind: internal } }, { not: { service: frontend } }]'),
];
export const traceCombinators: readonly TraceCondition[] = [
  not(ofTrace, 'not: { root: { service: frontend } }'),
  anyOf(ofTrace, "any_of: [{ errors: '> 0' }, { duration: '> 1s' }]"),
  allOf(ofTrace, 'all_of: [{ any: { service: a } }, { any: { service: b } }]'),
];
