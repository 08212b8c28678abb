// Blocks of ClickHouse's Native format, cut into chunks anywhere, and answers that end badly.
import { describe, expect, it } from 'vitest';
import { exceptionBlock } from '#deploy/embedded-clickhouse/exceptions.ts';
import { nativeBlocks } from '#query/store/native-blocks.ts';
import { Random } from '#tests/simulation/random.ts';

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}
function text(value: string): number[] {
  return [...varint(value.length), ...Buffer.from(value)];
}

/** One block, its columns as given. */
function block(types: readonly string[], columns: readonly (readonly number[])[]): Buffer {
  const rows = columns[0]?.length ?? 0;
  const head = [...varint(types.length), ...varint(rows)];
  const body = types.flatMap((type, at) => [
    ...text(`c${at}`),
    ...text(type),
    ...new Uint8Array(Float64Array.from(columns[at]!).buffer),
  ]);
  return Buffer.from([...head, ...body]);
}

async function* inChunks(bytes: Buffer, sizes: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const size = Math.max(1, sizes());
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(bytes: Buffer, types: readonly string[], sizes = () => bytes.length): Promise<number[][][]> {
  const blocks: number[][][] = [];
  for await (const { columns } of nativeBlocks(inChunks(bytes, sizes), types))
    blocks.push(columns.map(({ buffer, byteLength }) => [...new Float64Array(buffer, 0, byteLength / 8)]));
  return blocks;
}

const TYPES = ['Float64', 'Float64'];

describe('blocks', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('are read however the bytes are cut (seed %i)', async (seed) => {
    const source = new Random(seed);
    const random = (): number => source.next();
    const wanted = Array.from({ length: 5 }, () => {
      const rows = Math.floor(random() * 300);
      return [0, 1].map(() => Array.from({ length: rows }, () => random()));
    });
    const bytes = Buffer.concat(wanted.map((columns) => block(TYPES, columns)));
    const most = 1 + Math.floor(random() * 2000);
    expect(await read(bytes, TYPES, () => Math.floor(random() * most))).toEqual(wanted);
  });

  it('have columns of arrays, of numbers of 8 or 4 bytes', async () => {
    const types = ['UInt64', 'Array(UInt32)', 'Array(Float64)'];
    const cells = (array: BigUint64Array | Uint32Array | Float64Array): number[] => [...new Uint8Array(array.buffer)];
    const ends = cells(BigUint64Array.of(1n, 3n));
    const bytes = Buffer.from(
      [
        [...varint(3), ...varint(2)],
        [...text('id'), ...text(types[0]!), ...cells(BigUint64Array.of(7n, 9n))],
        [...text('a'), ...text(types[1]!), ...ends, ...cells(Uint32Array.of(10, 20, 30))],
        [...text('b'), ...text(types[2]!), ...ends, ...cells(Float64Array.of(1.5, 2.5, 3.5))],
      ].flat(),
    );
    const twice = Buffer.concat([bytes, bytes]);
    let blocks = 0;
    for await (const { rows, columns, ends: found } of nativeBlocks(
      inChunks(twice, () => 17),
      types,
    )) {
      blocks++;
      expect(rows).toBe(2);
      expect([...new BigUint64Array(columns[0]!.buffer, 0, 2)]).toEqual([7n, 9n]);
      expect([...new Uint32Array(columns[1]!.buffer, 0, 3)]).toEqual([10, 20, 30]);
      expect(columns[1]!.byteLength).toBe(12);
      expect([...new Float64Array(columns[2]!.buffer, 0, 3)]).toEqual([1.5, 2.5, 3.5]);
      expect([found[0], [...new BigUint64Array(found[1]!.buffer, 0, 2)]]).toEqual([undefined, [1n, 3n]]);
    }
    expect(blocks).toBe(2);
  });

  it('of no rows and an empty answer are nothing', async () => {
    expect(await read(block(TYPES, [[], []]), TYPES)).toEqual([[[], []]]);
    expect(await read(Buffer.alloc(0), TYPES)).toEqual([]);
  });
});

describe('an answer that ends badly', () => {
  const good = block(TYPES, [[1], [2]]);
  const error = exceptionBlock('0123456789abcdef', 'Code: 159. DB::Exception: Timeout exceeded. (TIMEOUT_EXCEEDED)');

  it.each([1, 7, 1000])('with an error of ClickHouse is that error (chunks of %i bytes)', async (size) => {
    const bytes = Buffer.concat([good, error]);
    await expect(read(bytes, TYPES, () => size)).rejects.toMatchObject({
      failure: 'timeout',
      message: 'Code: 159. DB::Exception: Timeout exceeded. (TIMEOUT_EXCEEDED)',
    });
  });

  it('with an error in the middle of a block, too', async () => {
    const bytes = Buffer.concat([good, good.subarray(0, 20), error]);
    await expect(read(bytes, TYPES)).rejects.toMatchObject({ failure: 'timeout' });
  });

  it('cut short says so', async () => {
    for (let end = 1; end < good.length; end++)
      await expect(read(good.subarray(0, end), TYPES)).rejects.toThrow('cut short');
  });

  it('of another shape is refused', async () => {
    await expect(read(block(['Int64', 'Float64'], [[1], [2]]), TYPES)).rejects.toThrow('a column of type Int64');
    const wide = block(Array.from({ length: 90 }, () => 'Float64'), Array.from({ length: 90 }, () => [1])); // prettier-ignore
    await expect(read(wide, TYPES)).rejects.toThrow('a block of 90 columns');
    await expect(read(Buffer.from([2, 255, 255, 255, 255, 15]), TYPES)).rejects.toThrow('a block of');
    await expect(read(Buffer.from([255, 255, 255, 255, 255, 255]), TYPES)).rejects.toThrow('more than 35 bits');
  });
});
