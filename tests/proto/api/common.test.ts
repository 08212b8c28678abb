// Ids in paths as people and other programs write them.
import { expect, it } from 'vitest';
import { TracePath } from '#proto/api/common.ts';

it.each([
  ['9ad00e306a01cd4e', '00000000000000009ad00e306a01cd4e'],
  ['00000000000000009AD00E306A01CD4E', '00000000000000009ad00e306a01cd4e'],
  ['af7651916cd43dd8448eb211c80319c', '0af7651916cd43dd8448eb211c80319c'],
])('a trace id of %s is %s', (written, id) => {
  expect(TracePath.parse({ trace_id: written }).trace_id).toBe(id);
});

it.each(['xyz', '0af7651916cd43dd8448eb211c80319c0', '9ad00e30-6a01cd4e', ' 9ad0'])('%s is no trace id', (written) => {
  expect(TracePath.safeParse({ trace_id: written }).success).toBe(false);
});
