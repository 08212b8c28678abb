// Documentation that names a file which is not there is found; addresses and parts of pages are left alone.
import { expect, it } from 'vitest';
import { deadLinks } from '#scripts/doc-links.ts';

const FILES = new Set(['docs/red.md', 'README.md', 'collector/store/spool.ts', 'proto/tables/red.ts']);
const exists = (path: string): boolean => FILES.has(path);

it('finds links that lead nowhere', () => {
  const text =
    '[a](red.md) [b](../README.md#words) [c](https://opentelemetry.io/docs) [d](blue.md) [e](#here) [f](../docs)';
  expect(deadLinks('docs/testing.md', text, exists)).toEqual([
    'docs/testing.md: the link to blue.md leads nowhere',
    'docs/testing.md: the link to ../docs leads nowhere',
  ]);
});

it("finds names of files in a folder's README, from there or from the root", () => {
  const text = '| `spool.ts` | `spool-file.ts` | `proto/tables/red.ts` | `spool.max_bytes` |';
  expect(deadLinks('collector/store/README.md', text, exists)).toEqual([
    'collector/store/README.md: there is no file spool-file.ts',
  ]);
  expect(deadLinks('docs/red.md', text, exists)).toEqual([]);
});
