// Lines of a report under what they have in common.
import { expect, it } from 'vitest';
import { reportGroups } from '#ui/shape/report-lines.ts';

it('puts the cause with most problems first, and in it the pair with most', () => {
  const lines = [
    { cause: 'lost', n: 2 },
    { cause: 'leaked', n: 9 },
    { cause: 'lost', n: 8 },
  ];
  expect(
    reportGroups(
      lines,
      (x) => x.cause,
      (x) => x.n,
    ),
  ).toEqual([
    {
      key: 'lost',
      total: 10,
      lines: [
        { cause: 'lost', n: 8 },
        { cause: 'lost', n: 2 },
      ],
    },
    { key: 'leaked', total: 9, lines: [{ cause: 'leaked', n: 9 }] },
  ]);
});
