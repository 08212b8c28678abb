// The texts that broken builds replace are where broken.ts says, once each: otherwise a broken build would be a whole one.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BROKEN_BUILDS } from './broken.ts';

const ROOT = new URL('../../', import.meta.url);

test.each(BROKEN_BUILDS.flatMap(({ name, edits }) => edits.map((edit) => ({ name, ...edit }))))(
  '$name: $from',
  ({ file, from, to }) => {
    const source = readFileSync(new URL(file, ROOT), 'utf8');
    expect(source.split(from).length - 1).toBe(1);
    expect(source.replace(from, () => to)).not.toBe(source);
  },
);
