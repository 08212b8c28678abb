// Numbers of the Sampling page: what does not exist is not 0, rates per second, changes as people write them.
import { expect, it } from 'vitest';
import { changeShare, hitsChart, linesOf, metricSum } from '#ui/shape/sampling.ts';

it('sums a metric over its labels and tells one that is not there from one that is 0', () => {
  const metrics = [
    { name: 'late', labels: { rule: 'a' }, value: 2 },
    { name: 'late', labels: { rule: 'b' }, value: 3 },
    { name: 'shed', labels: {}, value: 0 },
  ];
  expect([
    metricSum(metrics, 'late'),
    metricSum(metrics, 'late', { rule: 'b' }),
    metricSum(metrics, 'shed'),
    metricSum(metrics, 'ring'),
  ]).toEqual([5, 3, 0, null]);
});

it('draws traces per second at the middle of each step', () => {
  const hits = {
    start: '10000000000',
    step_ms: 2000,
    steps: 3,
    rules: [{ name: 'a', kept_by_step: [4, 6, 1], dropped_by_step: [0, 2, 9] }],
  };
  expect(hitsChart(hits, 'kept')).toEqual({ times: [11, 13, 15], columns: [[2, 3, 0.5]] });
  expect(hitsChart(hits, 'dropped').columns).toEqual([[0, 1, 4.5]]);
});

it('writes changes', () => {
  expect([
    changeShare(100, 49),
    changeShare(100, 132),
    changeShare(100, 420),
    changeShare(0, 7),
    changeShare(5, 5.2),
    changeShare(9, 0),
  ]).toEqual(['−51 %', '+32 %', '× 4.2', 'new', '', '−100 %']);
});

it('finds the lines of mistakes', () => {
  expect(linesOf(['configuration:12', 'configuration', '--feature-gates', 'configuration:3'])).toEqual([12, 3]);
});
