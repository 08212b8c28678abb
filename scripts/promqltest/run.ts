// Runs promqltest scripts by the rules of Prometheus' own runner: every instant query again, pinned to its time, and as a range query.
import {
  DEFAULT_ENGINE_OPTIONS,
  prepare,
  queryInstant,
  queryRange,
  type EngineOptions,
  type QueryResult,
  type ResultSeries,
} from '#query/promql/engine.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';
import { DEFAULT_LIMITS } from '#query/promql/limits.ts';
import { print } from '#query/promql/print.ts';
import { NOT_SUPPORTED, PromqlError } from '#query/promql/promql-error.ts';
import { compareAnnotations, compareAnswer, compareScalar, compareVector, unsorted, type Mismatch } from './compare.ts';
import { seriesOf } from './load.ts';
import { otherTimes, pinned } from './pin.ts';
import { readScript, ScriptError, type Command, type Eval } from './script.ts';
import type { Target } from './target.ts';

/** As Prometheus' runner sets up its engine. */
const OPTIONS: EngineOptions = {
  ...DEFAULT_ENGINE_OPTIONS,
  delayedNameRemoval: true,
  useStartTimestamps: true,
  features: ALL_FEATURES,
  limits: { ...DEFAULT_LIMITS, maxSamples: 10_000, timeoutMs: 100_000 },
};
const SIGNAL = new AbortController().signal;
const MINUTE_MS = 60_000;
/** Calls whose answers differ between an instant and a range query. */
const CONTEXT_CALLS = /(?:start|end|range|step)\(\)/;

export interface Failure extends Mismatch {
  readonly line: number;
  /** The query, or what else failed. */
  readonly what: string;
}

export interface Outcome {
  /** Lines of the evals that passed. */
  readonly passed: readonly number[];
  readonly failures: readonly Failure[];
}

type Verdict = Mismatch | undefined;

function expectsFailure(command: Eval): boolean {
  return command.expectations.some((one) => one.kind === 'fail');
}

/** The text of an error of the engine. What it cannot do yet, and failures of the runner or the store, are never expected. */
function messageOf(error: unknown): string {
  const isExpectable = error instanceof PromqlError && error.type !== 'internal';
  if (isExpectable && !error.message.endsWith(NOT_SUPPORTED)) return error.message;
  throw error;
}

function checkFailure(command: Eval, message: string): Verdict {
  const expected = command.expectations.find((one) => one.kind === 'fail');
  if (expected === undefined) return { expected: 'an answer', got: `the error ${message}` };
  return expected.matches(message) ? undefined : { expected: `the error ${expected.shown}`, got: message };
}

/** Runs a query and compares its answer, or its error, with what the eval expects. */
async function check(
  command: Eval,
  run: () => Promise<QueryResult>,
): Promise<{ readonly verdict: Verdict; readonly result?: QueryResult }> {
  let result: QueryResult;
  try {
    result = await run();
  } catch (error) {
    return { verdict: checkFailure(command, messageOf(error)) };
  }
  if (expectsFailure(command)) return { verdict: { expected: 'an error', got: 'an answer' } };
  return { verdict: compareAnnotations(command, result) ?? compareAnswer(command, result.data), result };
}

/** The middle step of a range query must give what the instant query gave. */
async function checkAsRange(target: Target, command: Eval, query: string, timeMs: number): Promise<Verdict> {
  const range = { startMs: timeMs - MINUTE_MS, endMs: timeMs + MINUTE_MS, stepMs: MINUTE_MS };
  let result: QueryResult;
  try {
    result = await queryRange(target.store, prepare(query, ALL_FEATURES), range, OPTIONS, SIGNAL);
  } catch (error) {
    return { expected: 'an answer', got: `the error ${messageOf(error)}` };
  }
  if (command.expectations.some((one) => one.kind === 'ordered')) return undefined;
  const series = result.data.type === 'matrix' ? result.data.series : [];
  const middle = series.flatMap((one): ResultSeries[] => {
    const at = one.timesMs.indexOf(timeMs);
    if (at < 0) return [];
    return [
      {
        labels: one.labels,
        timesMs: one.timesMs.slice(at, at + 1),
        values: one.values.slice(at, at + 1),
        histograms: one.histograms?.slice(at, at + 1),
      },
    ];
  });
  if (command.scalar === undefined) return unsorted(series) ?? compareVector(command, middle);
  return compareScalar(command, middle[0]?.values[0] ?? NaN);
}

async function checkInstant(target: Target, command: Eval, query: string, timeMs: number): Promise<Verdict> {
  const { verdict, result } = await check(command, async () =>
    queryInstant(target.store, prepare(query, ALL_FEATURES), timeMs, OPTIONS, SIGNAL),
  );
  const excluded = command.matrix !== undefined || command.text !== undefined || CONTEXT_CALLS.test(query);
  if (verdict !== undefined || result === undefined || excluded) return verdict;
  const mismatch = await checkAsRange(target, command, query, timeMs);
  return mismatch === undefined ? undefined : { ...mismatch, got: `${mismatch.got} (as a range query)` };
}

async function checkEval(target: Target, command: Eval): Promise<Verdict> {
  const { at, query } = command;
  if (at.type === 'range') {
    const run = async (): Promise<QueryResult> =>
      queryRange(target.store, prepare(query, ALL_FEATURES), at, OPTIONS, SIGNAL);
    return (await check(command, run)).verdict;
  }
  const verdict = await checkInstant(target, command, query, at.timeMs);
  if (verdict !== undefined) return verdict;
  const rewritten = rewrite(query, at.timeMs);
  if (rewritten === undefined) return undefined;
  for (const timeMs of otherTimes(at.timeMs)) {
    const mismatch = await checkInstant(target, command, rewritten, timeMs);
    if (mismatch !== undefined)
      return { ...mismatch, got: `${mismatch.got} (when ${rewritten} is asked at ${timeMs} ms)` };
  }
  return undefined;
}

function rewrite(query: string, timeMs: number): string | undefined {
  try {
    const expr = pinned(prepare(query, ALL_FEATURES).expr, timeMs);
    return expr === undefined ? undefined : print(expr);
  } catch (error) {
    messageOf(error);
    return undefined;
  }
}

function failureOf(line: number, what: string, error: unknown): Failure {
  return { line, what, expected: 'no error', got: error instanceof Error ? error.message : String(error) };
}

async function runCommand(target: Target, command: Command, passed: number[], failures: Failure[]): Promise<void> {
  if (command.kind === 'clear') return target.clear();
  try {
    if (command.kind === 'load') return await target.add(seriesOf(command));
    const verdict = await checkEval(target, command);
    if (verdict === undefined) passed.push(command.line);
    else failures.push({ line: command.line, what: command.query, ...verdict });
  } catch (error) {
    failures.push(failureOf(command.line, command.kind === 'eval' ? command.query : 'load', error));
  }
}

/** Runs every command of a script, from an empty store on. A script that cannot be read is one failure. */
export async function runScript(target: Target, script: string): Promise<Outcome> {
  const passed: number[] = [];
  const failures: Failure[] = [];
  await target.clear();
  try {
    for (const command of readScript(script)) await runCommand(target, command, passed, failures);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    failures.push(failureOf(error.line, 'script', error));
  }
  return { passed, failures };
}
