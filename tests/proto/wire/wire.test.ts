// The wire reader and writer against each other, and against protobufjs.
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { WireReader } from '#proto/wire/reader.ts';
import { decodeUtf8 } from '#proto/wire/utf8.ts';
import { unzigzag32, varint32Bytes, zigzag32 } from '#proto/wire/varint.ts';
import { WireError } from '#proto/wire/wire-error.ts';
import { WireWriter, WriterFullError } from '#proto/wire/writer.ts';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe('numbers', () => {
  it('of 64 bits read back as they were written, as varint and as fixed', () => {
    fc.assert(
      fc.property(uint64, (value) => {
        const writer = new WireWriter();
        writer.varint64(Number(value >> 32n), Number(value & 0xffff_ffffn));
        writer.fixed64(Number(value >> 32n), Number(value & 0xffff_ffffn));
        const reader = new WireReader(writer.finish());
        reader.varint64();
        expect(reader.unsigned()).toBe(value);
        reader.fixed64();
        expect(reader.unsigned()).toBe(value);
        expect(reader.unsignedNumber()).toBe(Number(value));
        expect(reader.signedNumber()).toBe(Number(BigInt.asIntN(64, value)));
        expect(reader.pos).toBe(writer.length);
      }),
    );
  });

  it('keep the bits of doubles', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const writer = new WireWriter();
        writer.double(value);
        expect(new WireReader(writer.finish()).double()).toBe(value);
      }),
    );
  });

  it('of 32 bits have the size that is said, and zigzag is its own inverse', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(unzigzag32(zigzag32(value))).toBe(value);
        const writer = new WireWriter();
        writer.varint32(value >>> 0);
        expect(writer.length).toBe(varint32Bytes(value >>> 0));
      }),
    );
  });
});

describe('messages', () => {
  it('of any size and depth close with the shortest length, as protobufjs writes them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 4 }),
        fc.string({ unit: 'binary' }),
        (parts, text) => {
          const ours = new WireWriter(16);
          const outer = ours.open(1);
          const inner = ours.open(2);
          for (const part of parts) ours.bytesField(3, part);
          ours.close(inner);
          ours.textField(4, text);
          ours.close(outer);
          const theirs = protobuf.Writer.create();
          theirs.uint32(10).fork().uint32(18).fork();
          for (const part of parts) theirs.uint32(26).bytes(part);
          theirs.ldelim().uint32(34).string(text.toWellFormed()).ldelim();
          expect(Buffer.compare(ours.finish(), theirs.finish())).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('do not grow beyond their limit', () => {
    const writer = new WireWriter(16, 100);
    expect(() => {
      for (let i = 0; i < 200; i++) writer.byte(1);
    }).toThrow(WriterFullError);
  });
});

function problemOf(read: () => void): string {
  try {
    read();
  } catch (error) {
    if (error instanceof WireError) return error.short;
    throw error;
  }
  return '';
}

describe('malformed bytes', () => {
  it.each([
    ['a varint that runs off the end', [0x80, 0x80], 'varint runs off the end at byte 0'],
    ['a varint of eleven bytes', [...Array.from({ length: 10 }, () => 0x80), 1], 'longer than 10 bytes'],
    ['field number 0', [0x02, 0x00], 'illegal field number'],
    ['wire type 6', [0x0e], 'wire type 6 does not exist'],
    ['a length beyond the end', [0x0a, 0x05, 1], 'length runs off the end'],
    ['a length of 4 GiB', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], 'length runs off the end'],
    ['a negative length', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 'a length out of range'],
    ['a fixed field cut short', [0x09, 1, 2], 'fixed field runs off the end'],
    ['a group', [0x0b, 0x08, 0x01, 0x0c], 'groups are not part of OTLP'],
    ['the end of a group', [0x0c], 'groups are not part of OTLP'],
    [
      'a varint of 65 bits',
      [0x08, ...Array.from({ length: 9 }, () => 0x80), 2],
      'varint of more than 64 bits at byte 1',
    ],
    ['a tag of six bytes', [0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01], 'a field number out of range at byte 0'],
    ['a length of six bytes', [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 'a length out of range at byte 1'],
  ])('%s is an error that says where', (_name, bytes, problem) => {
    const reader = new WireReader(Uint8Array.from(bytes));
    const walk = (): void => {
      while (reader.pos < reader.end) reader.skip(reader.tag());
    };
    expect(walk).toThrow(WireError);
    reader.pos = 0;
    expect(problemOf(walk)).toContain(problem);
  });

  it('never lead beyond the end, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(20), (bytes, cut) => {
        const reader = new WireReader(bytes, 0, Math.max(0, bytes.length - cut));
        let problem: unknown = null;
        try {
          while (reader.pos < reader.end) reader.skip(reader.tag());
        } catch (error) {
          problem = error;
        }
        expect(problem === null || problem instanceof WireError).toBe(true);
        expect(reader.pos).toBeLessThanOrEqual(reader.end);
      }),
    );
  });
});

describe('UTF-8', () => {
  it('decodes as the platform does where it is well formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 9000 }), (text) => {
        expect(decodeUtf8(Buffer.from(text))).toBe(text.toWellFormed());
      }),
    );
  });

  it('never fails on bytes that are not', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeUtf8(bytes).isWellFormed()).toBe(true);
      }),
    );
  });
});
