// Critical paths over many traces: shares by service, and the order of the table.
import { expect, it } from 'vitest';
import type { CriticalPathResponse } from '#proto/api/critical-path.ts';
import { byPathColumn, pathShares } from '#ui/shape/path-shares.ts';

type Operation = CriticalPathResponse['operations'][number];
const operation = (service: string, share: number, more: Partial<Operation> = {}): Operation => ({
  service,
  name: 'n',
  share,
  path_ns: share * 1000,
  self_ns: 0,
  drag_ns: 0,
  slack_ns: null,
  spans: 1,
  traces: 1,
  example: '',
  ...more,
});

it('adds shares up by service, and the pieces fill the whole', () => {
  const shares = pathShares(
    [
      operation('shop', 0.3),
      operation('pay', 0.4),
      operation('shop', 0.2),
      operation('ads', 0.05),
      operation('mail', 0),
    ],
    2,
  );
  expect(shares.map(({ service }) => service)).toEqual(['shop', 'pay', '']);
  expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});

it('shows no rest that is rounding, and nothing for no time at all', () => {
  expect(pathShares([operation('shop', 0.6), operation('pay', 0.3999)], 8).map(({ service }) => service)).toEqual([
    'shop',
    'pay',
  ]);
  expect(pathShares([operation('shop', 0)], 8)).toEqual([]);
});

it('sorts by most, but by least slack: what is nearly on the path matters next', () => {
  const rows = [
    operation('always', 0.5),
    operation('far', 0.1, { slack_ns: 900, drag_ns: 7 }),
    operation('near', 0.2, { slack_ns: 3, drag_ns: 2 }),
  ];
  expect(byPathColumn(rows, 'path_ns').map(({ service }) => service)).toEqual(['always', 'near', 'far']);
  expect(byPathColumn(rows, 'drag_ns').map(({ service }) => service)).toEqual(['far', 'near', 'always']);
  expect(byPathColumn(rows, 'slack_ns').map(({ service }) => service)).toEqual(['near', 'far', 'always']);
});
