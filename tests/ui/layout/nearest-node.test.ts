// Where an arrow key leads on the map.
import { expect, it } from 'vitest';
import { arrowOf, nearestNode } from '#ui/layout/nearest-node.ts';

const nodes = [
  { x: 0, y: 0 },
  { x: 100, y: 0 },
  { x: 100, y: 80 },
  { x: 300, y: 10 },
];

it('leads to the nearest in that direction, and stays where there is none', () => {
  expect(nearestNode(nodes, 0, 'ArrowRight')).toBe(1);
  expect(nearestNode(nodes, 1, 'ArrowDown')).toBe(2);
  expect(nearestNode(nodes, 1, 'ArrowRight')).toBe(3);
  expect(nearestNode(nodes, 3, 'ArrowLeft')).toBe(1);
  expect(nearestNode(nodes, 0, 'ArrowLeft')).toBe(0);
  expect(nearestNode([], 0, 'ArrowLeft')).toBe(-1);
  expect([arrowOf('ArrowUp'), arrowOf('j')]).toEqual(['ArrowUp', undefined]);
});
