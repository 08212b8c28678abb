// Rows of RowBinary, handed over in chunks that end anywhere.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SpanRowReader } from '#collector/rebuild/span-rows.ts';

/** As ClickHouse writes it: the fixed part, then three texts with their lengths. */
function rowBytes(fixed: number, texts: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(59, fixed)];
  for (const text of texts) {
    const length: number[] = [];
    let rest = text.length;
    for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
    parts.push(Buffer.from([...length, rest]), text);
  }
  return Buffer.concat(parts);
}

const text = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.integer({ min: 100, max: 20_000 }).map((length) => new Uint8Array(length).fill(120)),
);
const row = fc.tuple(fc.nat(255), text, text, text);

it('are read the same wherever the chunks end', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 20 }), (rows, cuts) => {
      const bytes = Buffer.concat(
        rows.map(([fixed, ...texts]) =>
          rowBytes(
            fixed,
            texts.map((one) => Buffer.from(one)),
          ),
        ),
      );
      const seen: string[][] = [];
      const reader = new SpanRowReader(({ bytes: all, at, ...places }) => {
        seen.push([
          String(all[at]),
          all.toString('latin1', places.serviceFrom, places.serviceTo),
          all.toString('latin1', places.nameFrom, places.nameTo),
          all.toString('latin1', places.statementFrom, places.statementTo),
        ]);
      });
      const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
      let from = 0;
      for (const to of places) {
        reader.add(bytes.subarray(from, to));
        from = to;
      }
      reader.end();
      expect(seen).toEqual(
        rows.map(([fixed, ...texts]) => [String(fixed), ...texts.map((one) => Buffer.from(one).toString('latin1'))]),
      );
    }),
    { seed: 4, numRuns: 500 },
  );
});

it('are missed when the answer ends too soon', () => {
  const reader = new SpanRowReader(() => undefined);
  reader.add(rowBytes(1, [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')]).subarray(0, -1));
  expect(() => reader.end()).toThrow('cut short');
});
