// The PromQL fuzz itself: a few thousand queries of every run, and errors that are put in on purpose, which it has to find.
import { describe, expect, it } from 'vitest';
import { engineOn, plainOn, type Answerer } from './answers.ts';
import { fuzz, type Found, type PairOn } from './fuzz.ts';
import { engineAgainstPlain, memoryOf, TOLERANCE } from './pairs.ts';
import { shrink } from './shrink.ts';

/** The first difference; at most so many queries are asked for it. */
async function firstDifference(pairOn: PairOn, queries: number): Promise<Found | undefined> {
  let first: Found | undefined;
  await fuzz(
    pairOn,
    1,
    queries,
    (found) => {
      first ??= found;
    },
    () => first !== undefined,
  );
  return first;
}

/** Leaves one kind of note out. */
function silent(answer: Answerer): Answerer {
  return async (prepared, asked) => {
    const answered = await answer(prepared, asked);
    return answered.type === 'error' ? answered : { ...answered, infos: [] };
  };
}

describe('the PromQL fuzz', () => {
  it('finds no difference between the engine and the plain evaluator', async () => {
    const found: string[] = [];
    const { asked, answered } = await fuzz(engineAgainstPlain, 2_000_000, 1500, ({ seed, difference }) => {
      found.push(`seed ${seed}: ${difference}`);
    });
    expect(found).toEqual([]);
    expect(asked).toBe(1500);
    // Most queries mean something and find series.
    expect(answered).toBeGreaterThan(600);
  });

  it('finds a wrong constant of extrapolation, and makes the case small', async () => {
    const wrong: PairOn = (series) => ({ a: plainOn(series, 1.2), b: plainOn(series), tolerance: TOLERANCE });
    const found = await firstDifference(wrong, 5000);
    expect(found).toBeDefined();
    const smallest = await shrink(wrong, found!.case, found!.difference);
    expect(smallest.case.query).toMatch(/^(rate|increase|delta)\(/);
    expect(smallest.case.series).toHaveLength(1);
    expect(smallest.case.series[0]!.timesMs.length).toBeLessThan(5);
  });

  it('finds a lookback that reaches one millisecond too far, a lost note, and an order that is wrong', async () => {
    const far: PairOn = (series) => ({
      a: (prepared, one) =>
        engineOn(memoryOf(series))(prepared, {
          ...one,
          options: { ...one.options, lookbackMs: one.options.lookbackMs + 1 },
        }),
      b: plainOn(series),
      tolerance: TOLERANCE,
    });
    expect(await firstDifference(far, 5000)).toBeDefined();
    const mute: PairOn = (series) => ({ a: silent(plainOn(series)), b: plainOn(series), tolerance: TOLERANCE });
    expect((await firstDifference(mute, 5000))?.difference).toMatch(/^infos/);
    const backwards: PairOn = (series) => ({
      a: async (prepared, one) => {
        const answer = await plainOn(series)(prepared, one);
        return answer.type === 'vector' ? { ...answer, series: answer.series.toReversed() } : answer;
      },
      b: plainOn(series),
      tolerance: TOLERANCE,
    });
    expect((await firstDifference(backwards, 5000))?.case.query).toMatch(/^sort/);
  });
});
