// Lines of a report under what they have in common: a cause of lost context, a kind of repair. Most concerned first.

export interface ReportGroup<Line> {
  readonly key: string;
  readonly total: number;
  readonly lines: readonly Line[];
}

/** @param number what a line counts; a group's total is the sum of its lines' */
export function reportGroups<Line>(
  lines: readonly Line[],
  keyOf: (line: Line) => string,
  number: (line: Line) => number,
): ReportGroup<Line>[] {
  const groups = new Map<string, Line[]>();
  for (const line of lines) {
    const key = keyOf(line);
    const list = groups.get(key);
    if (list) list.push(line);
    else groups.set(key, [line]);
  }
  return [...groups]
    .map(([key, list]) => ({
      key,
      total: list.reduce((sum, line) => sum + number(line), 0),
      lines: list.toSorted((a, b) => number(b) - number(a)),
    }))
    .sort((a, b) => b.total - a.total || (a.key < b.key ? -1 : 1));
}
