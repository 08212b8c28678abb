// Paths in a configuration as text, and where in the file (or by which flag or variable) what stands there was written.
import { isAlias, isCollection, isNode, type Document, type LineCounter } from 'yaml';

/** `a.b[2].c` */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`))
    .join('');
}

/** The other way; keys with a dot or a bracket in them come out in parts. */
export function pathParts(path: string): (string | number)[] {
  return path.split(/\.|(?=\[)/).map((part) => (/^\[\d+\]$/.test(part) ? Number(part.slice(1, -1)) : part));
}

export interface WrittenFile {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly name: string;
}

/** The flag or variable that set it, or what it is a part of, else the line of the file as deep as the path is found; '' for a path that is a flag. */
export function sourceOf(
  path: readonly PropertyKey[],
  given: ReadonlyMap<string, string>,
  { document, lines, name }: WrittenFile,
): string {
  if (String(path[0]).startsWith('--')) return '';
  for (let length = path.length; length > 0; length--) {
    const direct = given.get(pathText(path.slice(0, length)));
    if (direct !== undefined) return direct;
  }
  let node: unknown = document.contents;
  let offset = -1;
  for (const part of path) {
    if (isAlias(node) || !isCollection(node)) break;
    const inner: unknown = node.get(part, true);
    if (!isNode(inner) || inner.range === null || inner.range === undefined) break;
    offset = inner.range[0];
    node = inner;
  }
  if (offset < 0) return name;
  return `${name}:${lines.linePos(offset).line}`;
}
