// Links and file names in documentation that lead nowhere.
import path from 'node:path';

/** `[text](target)`; what begins with a scheme is not looked at. */
const LINK = /\]\((?![a-z]+:)([^)#\s]+)(?:#[^)\s]*)?\)/g;
/** A file in a README's table of files: `name.ts`, from the README's folder or from the root. */
const FILE_NAME = /`((?:\.\.\/)*[a-z0-9][a-z0-9./-]*\.(?:tsx?|mjs|sql|css))`/g;

/** @param exists of a path from the root @returns one sentence for each */
export function deadLinks(file: string, text: string, exists: (path: string) => boolean): string[] {
  const folder = path.posix.dirname(file);
  const isThere = (target: string): boolean => exists(path.posix.join(folder, target));
  const dead = [...text.matchAll(LINK)].map(([, target = '']) => target).filter((target) => !isThere(target));
  const names = path.posix.basename(file) === 'README.md' && folder !== '.' ? [...text.matchAll(FILE_NAME)] : [];
  const unknown = names.map(([, name = '']) => name).filter((name) => !isThere(name) && !exists(name));
  return [
    ...dead.map((target) => `${file}: the link to ${target} leads nowhere`),
    ...unknown.map((name) => `${file}: there is no file ${name}`),
  ];
}
