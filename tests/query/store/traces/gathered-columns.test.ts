// Columns gathered from blocks are those of all blocks, although each block uses the memory of the one before.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { GatheredColumns } from '#query/store/traces/gathered-columns.ts';

test('the cells of all blocks, in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40_000), { maxLength: 6 }), (sizes) => {
      const gathered = new GatheredColumns(2);
      const memory = [new BigUint64Array(40_000), new BigUint64Array(40_000)];
      let n = 0n;
      for (const rows of sizes) {
        for (let i = 0; i < rows; i++) {
          memory[0]![i] = n;
          memory[1]![i] = n++ << 32n;
        }
        const columns = memory.map(({ buffer }) => new Uint8Array(buffer, 0, rows * 8));
        gathered.add({ rows, columns, ends: [undefined, undefined] });
      }
      const count = sizes.reduce((sum, rows) => sum + rows, 0);
      expect(gathered.rows).toBe(count);
      for (const [column, shift] of [0n, 32n].entries()) {
        const cells = new BigUint64Array(gathered.cells(column));
        expect(cells.length).toBe(count);
        expect(cells.findIndex((cell, i) => cell !== BigInt(i) << shift)).toBe(-1);
      }
    }),
    { seed: 88, numRuns: 25 },
  );
});
