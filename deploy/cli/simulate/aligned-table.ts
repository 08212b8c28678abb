// Cells in columns for a terminal: text to the left, numbers to the right.

const FIRST: ReadonlySet<number> = new Set([0]);

/** @param left columns that hold text; the others hold numbers. Lines may be shorter than the longest. */
export function alignedTable(lines: readonly (readonly string[])[], left: ReadonlySet<number> = FIRST): string {
  const columns = Math.max(0, ...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const cell = (text: string, column: number): string =>
    left.has(column) ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
  return lines.map((line) => `${line.map(cell).join('  ').trimEnd()}\n`).join('');
}
