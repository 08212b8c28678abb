// How large source files may be: small enough to be read in one sitting.

const MOST_LINES = 400;
/** Half of the files of the product are no longer than this. */
const MOST_MEDIAN = 80;
/** Files over the limit, each with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {};

export interface Sizes {
  /** One sentence each; empty: all is well. */
  readonly problems: readonly string[];
  readonly summary: string;
}

/** @param sources path from the root of the repository to text */
export function sizesOf(sources: ReadonlyMap<string, string>): Sizes {
  const lines = new Map([...sources].map(([file, text]) => [file, text.split('\n').length - 1]));
  const problems: string[] = [];
  for (const [file, count] of lines)
    if (count > MOST_LINES && EXCEPTIONS[file] === undefined)
      problems.push(
        `${file} has ${count} lines (over ${MOST_LINES}): divide it by stage, or list it with a reason in scripts/sizes.ts`,
      );
  const isProduct = (file: string): boolean => !/^(?:tests|scripts)\/|^[^/]+$/.test(file);
  const median = medianOf([...lines].filter(([file]) => isProduct(file)).map(([, count]) => count));
  if (median > MOST_MEDIAN)
    problems.push(
      `half of the files outside tests have more than ${median} lines (over ${MOST_MEDIAN}): divide the longer ones`,
    );
  if (sources.size === 0) problems.push('no source files found: the check is looking at nothing');
  const longest = Math.max(0, ...lines.values());
  return {
    problems,
    summary: `${sources.size} files, median ${medianOf([...lines.values()])} lines (product ${median}), longest ${longest}`,
  };
}

function medianOf(counts: readonly number[]): number {
  return counts.toSorted((a, b) => a - b)[counts.length >> 1] ?? 0;
}
