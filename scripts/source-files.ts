// The source files that the checks look at: everything under version control or about to be.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Paths relative to the repository root, as git lists them (ignored files left out, deleted ones too). */
export function sourceFiles(...endings: readonly string[]): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed
    .split('\0')
    .filter((path) => path !== '' && endings.some((ending) => path.endsWith(ending)) && existsSync(path));
}
