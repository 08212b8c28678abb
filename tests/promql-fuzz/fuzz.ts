// One case of the PromQL fuzz: series and a query of a seed, answered twice and compared.
import type { Series } from '#query/promql/storage.ts';
import { prepared, type Answerer } from './answers.ts';
import { difference } from './compare.ts';
import { randomSeries } from './random-data.ts';
import { randomQuery, type RandomQuery } from './random-query.ts';

/** So many queries are put to the same series: making those costs more than answering one. */
const QUERIES_PER_DATA = 20;

export interface Case extends RandomQuery {
  readonly series: readonly Series[];
}

function dataSeedOf(seed: number): number {
  return Math.floor(seed / QUERIES_PER_DATA);
}

/** Two ways to answer queries over given series. */
export interface Pair {
  readonly a: Answerer;
  readonly b: Answerer;
  /** Greatest relative difference of two numbers. */
  readonly tolerance: number;
}

export type PairOn = (series: readonly Series[]) => Pair | Promise<Pair>;

interface Outcome {
  readonly difference: string | undefined;
  /** The text is a query, and there are series or a number in its answer. */
  readonly answered: boolean;
}

export async function differs(pair: Pair, one: RandomQuery): Promise<string | undefined> {
  return (await outcomeOf(pair, one)).difference;
}

async function outcomeOf({ a, b, tolerance }: Pair, one: RandomQuery): Promise<Outcome> {
  const query = prepared(one.query);
  const isQuery = query !== undefined && (one.asked.kind === 'instant' || ['vector', 'scalar'].includes(query.type));
  if (!isQuery) return { difference: undefined, answered: false };
  const [left, right] = [await a(query, one), await b(query, one)];
  // A variance of large numbers depends on the order of series.
  const wide = /std(var|dev)/.test(one.query) ? tolerance * 1e6 : tolerance;
  const unordered = difference(left, right, { tolerance: wide, ordered: false });
  const answered = left.type !== 'error' && (left.type === 'scalar' || left.series.length > 0);
  if (unordered !== undefined || one.asked.kind === 'range') return { difference: unordered, answered };
  const isSorted = query.expr.kind === 'call' && query.expr.func.startsWith('sort');
  return { difference: isSorted ? difference(left, right, { tolerance, ordered: true }) : undefined, answered };
}

export interface Found {
  readonly seed: number;
  readonly case: Case;
  readonly difference: string;
}

/** Puts `count` queries from a seed on, until `isOver`. */
export async function fuzz(
  pairOn: PairOn,
  seed: number,
  count: number,
  found: (found: Found) => Promise<void> | void,
  isOver: () => boolean = () => false,
): Promise<{ readonly asked: number; readonly answered: number }> {
  let pair: { readonly of: number; readonly pair: Pair; readonly series: readonly Series[] } | undefined;
  let asked = 0;
  let answers = 0;
  for (let at = seed; at < seed + count && !isOver(); at++) {
    const of = dataSeedOf(at);
    if (pair?.of !== of) {
      const series = randomSeries(of);
      pair = { of, pair: await pairOn(series), series };
    }
    const query = randomQuery(at);
    const { difference, answered } = await outcomeOf(pair.pair, query);
    asked++;
    if (answered) answers++;
    if (difference !== undefined) await found({ seed: at, case: { ...query, series: pair.series }, difference });
  }
  return { asked, answered: answers };
}
