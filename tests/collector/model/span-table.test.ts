import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_ROW, SpanTable } from '#collector/model/span-table.ts';

describe('the span table', () => {
  it('never hands out a row twice, and hands out every row', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(30)), { maxLength: 100 }), (steps) => {
        const table = new SpanTable(12);
        const held: number[] = [];
        let doubles = 0;
        for (const step of steps) {
          const row = step === null ? table.allocate() : NO_ROW;
          if (row !== NO_ROW) doubles += held.includes(row) ? 1 : 0;
          if (row !== NO_ROW) held.push(row);
          if (step !== null && held.length > 0) table.release(held.splice(step % held.length, 1)[0]!);
          expect(table.used).toBe(held.length);
        }
        for (let row = table.allocate(); row !== NO_ROW; row = table.allocate()) held.push(row);
        expect([doubles, new Set(held).size]).toEqual([0, 12]);
      }),
      { seed: 95 },
    );
  });

  it('tells durations exactly, negative ones too', () => {
    const table = new SpanTable(1);
    const row = table.allocate();
    [table.startHi[row], table.startLo[row]] = [5, 1];
    [table.endHi[row], table.endLo[row]] = [4, 0xffffffff];
    expect(table.durationNs(row)).toBe(-2);
  });
});
