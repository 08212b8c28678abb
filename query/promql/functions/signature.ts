// What a PromQL function takes and gives, as it is written beside its implementation.
import type { ValueType } from '../ast.ts';

export interface FunctionSignature {
  readonly args: readonly ValueType[];
  /** 0: all arguments are needed; n > 0: the last n are optional; -1: the last one repeats, or is left out. */
  readonly variadic: number;
  readonly returns: ValueType;
  /** Prometheus calls it so, and asks for a feature flag. */
  readonly experimental: boolean;
}

/** A function of these arguments, all needed, that gives a vector. */
export function takes(...args: readonly ValueType[]): FunctionSignature {
  return { args, variadic: 0, returns: 'vector', experimental: false };
}

/** … the last ones of which may be left out. */
export function optional(last: number, signature: FunctionSignature): FunctionSignature {
  return { ...signature, variadic: last };
}

/** … the last one of which may come any number of times. */
export function repeating(signature: FunctionSignature): FunctionSignature {
  return { ...signature, variadic: -1 };
}

export function giving(returns: ValueType, signature: FunctionSignature): FunctionSignature {
  return { ...signature, returns };
}

export function experimental(signature: FunctionSignature): FunctionSignature {
  return { ...signature, experimental: true };
}
