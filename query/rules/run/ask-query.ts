// How rules ask: through threads like everybody's queries, with the samples that other rules wrote a moment ago.
import type { Evaluator } from '#query/evaluation/question.ts';
import { parseRawSamples } from '#query/evaluation/raw-samples.ts';
import type { LanguageFeatures } from '#query/promql/features.ts';
import type { Matcher } from '#query/promql/matcher.ts';
import { parse } from '#query/promql/parse.ts';
import { selectorsOf } from '#query/promql/selectors-of.ts';
import type { QueryFn } from '#query/rules/model.ts';
import type { FreshSamples } from './fresh-samples.ts';

/** Expressions whose selectors are remembered; templates may make any number of them. */
const MAX_REMEMBERED = 20_000;
/** A function that reads series which no selector names. */
const READS_MORE = /\binfo\s*\(/;
const EVERYTHING: readonly (readonly Matcher[])[] = [[]];

export interface AskOptions {
  readonly evaluator: () => Evaluator;
  readonly fresh: FreshSamples;
  readonly features: LanguageFeatures;
  readonly lookbackMs: number;
  readonly timeoutMs: number;
}

/** @returns how a rule asks, until the signal is aborted */
export function queryOfRules(options: AskOptions): (signal: AbortSignal) => QueryFn {
  const remembered = new Map<string, readonly (readonly Matcher[])[]>();
  const selectors = (query: string): readonly (readonly Matcher[])[] => {
    const known = remembered.get(query);
    if (known !== undefined) return known;
    const found = READS_MORE.test(query) ? EVERYTHING : selectorsOf(parse(query, options.features));
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(query, found);
    return found;
  };
  return (signal) => async (query, atMs) => {
    const question = {
      query,
      at: { kind: 'instant', timeMs: atMs },
      lookbackMs: options.lookbackMs,
      timeoutMs: options.timeoutMs,
      limit: 0,
      withStats: false,
      warnings: [],
      rule: { fresh: options.fresh.matching(selectors(query)) },
    } as const;
    return untilAborted(signal, async (own) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of await options.evaluator().evaluate(question, own)) pieces.push(piece);
      return parseRawSamples(Buffer.concat(pieces).toString());
    });
  };
}

/** With a signal for this question alone: the group's lives as long as the group, and would keep everything that listens to it. */
async function untilAborted<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const own = new AbortController();
  const abort = (): void => own.abort();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await work(own.signal);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
