// What a condition under `when` is: its key, what to say of it, and how its written value becomes a test.
import type { ConfigError } from '#proto/config/config-error.ts';
import type { AttributeKeys } from '../values/attribute-reader.ts';
import type { PathShares } from '../paths/path-shares.ts';
import type { SpanTest, TraceTest } from '../trace-cursor.ts';

/** What compiling shares: keys asked for, span predicates of the rule set, errors so far. */
export interface Compiler {
  readonly keys: AttributeKeys;
  readonly predicates: SpanTest[];
  readonly errors: ConfigError[];
  /** Counters of the conditions on paths, in the order in which they are written. */
  readonly paths: PathShares[];
  /** A map of conditions on one span, all of which must hold. */
  spanTest(written: unknown, path: string): SpanTest | undefined;
  /** A map of conditions on the trace, all of which must hold. */
  traceTest(written: unknown, path: string): TraceTest | undefined;
}

interface Described {
  readonly key: string;
  readonly description: string;
  readonly example: string;
}

/** `compile` returns undefined after it put an error into compiler.errors. */
export interface SpanCondition extends Described {
  /** Order within one span: the cheap first. */
  readonly cost: number;
  compile(written: unknown, path: string, compiler: Compiler): SpanTest | undefined;
}

export interface TraceCondition extends Described {
  /** Order within one trace: the cheap first; 0 unless given. */
  readonly cost?: number;
  compile(written: unknown, path: string, compiler: Compiler): TraceTest | undefined;
}
