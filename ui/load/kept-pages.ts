// A list that is asked again keeps the rows that were loaded: the old ones stay until the new answer has as many pages.
import { useEffect, useState } from 'react';

/** More pages than this are not loaded again on their own. */
const MOST_PAGES = 20;

interface Pages<T> {
  readonly data: { readonly pages: readonly T[] } | undefined;
  readonly isPlaceholderData: boolean;
  readonly isError: boolean;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
}

interface Shown<T> {
  readonly question: string;
  readonly pages: readonly T[];
}

/**
 * Pages to show.
 * @param question what is asked but for the time that moves: another one begins with one page
 */
export function useKeptPages<T>(answer: Pages<T>, question: string): readonly T[] {
  const [shown, setShown] = useState<Shown<T>>({ question, pages: [] });
  const { data, isPlaceholderData, isError, hasNextPage, isFetchingNextPage, fetchNextPage } = answer;
  const before = shown.question === question ? shown.pages : [];
  const loaded = isPlaceholderData ? 0 : (data?.pages.length ?? 0);
  const isGrowing = loaded > 0 && loaded < Math.min(before.length, MOST_PAGES) && hasNextPage && !isError;
  const pages = isGrowing ? before : (data?.pages ?? before);
  if (!isPlaceholderData && (shown.question !== question || shown.pages !== pages)) setShown({ question, pages });
  useEffect(() => {
    if (isGrowing && !isFetchingNextPage) void fetchNextPage();
  }, [isGrowing, isFetchingNextPage, fetchNextPage]);
  return pages;
}
