// How a duration stands among all calls of its operation, in words: what the histogram knows of it, and of how many calls.
import { count, plural, threeDigits } from './format.ts';

interface Rank {
  readonly calls: number;
  readonly faster_least: number;
  readonly faster_most: number;
}

/** Shares of fewer calls say nothing. */
const ENOUGH_CALLS = 20;

/** `Slower than 93 to 97 % of 1,204 calls`; null without calls. */
export function slowerThan({ calls, faster_least: least, faster_most: most }: Rank): string | null {
  if (calls === 0) return null;
  if (calls === 1) return 'The only call of its operation';
  if (calls < ENOUGH_CALLS) return `One of ${plural(calls, 'call')} of its operation`;
  const [low, high] = [percentOf(least / calls), percentOf(most / calls)];
  return `Slower than ${low === high ? low : `${low} to ${high}`} % of ${count(calls)} calls`;
}

/** Rounded down, so that nothing is slower than 100 %. */
function percentOf(share: number): string {
  return threeDigits(Math.floor(share * 1000) / 10);
}
