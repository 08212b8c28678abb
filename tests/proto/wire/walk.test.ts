// The two readers of protobuf against each other and against protobufjs, on valid messages and on damaged ones.
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { traceRequestSchema } from '#proto/otlp/schema.ts';
import { validateMessage } from '#proto/otlp/validate-message.ts';
import { WireReader } from '#proto/wire/reader.ts';
import { WireWalk } from '#proto/wire/walk.ts';
import { WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT, wireType } from '#proto/wire/wire-type.ts';
import { WireError } from '#proto/wire/wire-error.ts';
import { randomRequest } from '#tests/support/random-requests.ts';

/** Tag, where the value stands, and its halves where it is a varint. */
type Field = readonly [tag: number, from: number, to: number, hi: number, lo: number];
interface Read {
  readonly fields: Field[];
  readonly problem: string;
}

/** What protobufjs reads and we refuse. */
const STRICTER =
  /^(groups are not part of OTLP|varint longer than 10 bytes|varint of more than 64 bits|a (field number|length) out of range|illegal field number)$/;

function byReader(bytes: Uint8Array): Read {
  const fields: Field[] = [];
  const reader = new WireReader(bytes);
  try {
    while (reader.next()) {
      const isVarint = wireType(reader.fieldTag) === WIRE_VARINT;
      fields.push([reader.fieldTag, reader.from, reader.to, isVarint ? reader.hi : 0, isVarint ? reader.lo : 0]);
    }
    return { fields, problem: '' };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { fields, problem: error.problem };
  }
}

function byWalk(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  const walk = new WireWalk();
  walk.open(bytes, 0, bytes.length);
  while (walk.next()) {
    const isVarint = wireType(walk.tag) === WIRE_VARINT;
    fields.push([walk.tag, walk.from, walk.to, isVarint ? walk.hi : 0, isVarint ? walk.lo : 0]);
  }
  return fields;
}

/** Tags and where each field ends; undefined when it is refused. */
function byProtobufjs(bytes: Uint8Array): readonly (readonly [number, number])[] | undefined {
  const reader = new protobuf.Reader(bytes);
  const fields: (readonly [number, number])[] = [];
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      reader.skipType(tag & 7);
      fields.push([tag, reader.pos]);
    }
    return fields;
  } catch {
    return undefined;
  }
}

/** The value of a field as protobufjs has it. */
function valueByProtobufjs(bytes: Uint8Array, [tag, from, to]: Field): unknown {
  const reader = new protobuf.Reader(bytes);
  reader.pos = from;
  if (wireType(tag) === WIRE_VARINT) return Number(reader.uint64());
  if (wireType(tag) === WIRE_FIXED64) return reader.double();
  return wireType(tag) === WIRE_BYTES ? Buffer.from(bytes.subarray(from, to)) : reader.fixed32();
}

function valueByReader(bytes: Uint8Array, tag: number, reader: WireReader): unknown {
  if (wireType(tag) === WIRE_VARINT) return reader.unsignedNumber();
  if (wireType(tag) === WIRE_FIXED64) return reader.asDouble();
  return wireType(tag) === WIRE_BYTES ? Buffer.from(bytes.subarray(reader.from, reader.to)) : reader.lo;
}

const message = fc.oneof(randomRequest.traces, randomRequest.logs, randomRequest.metrics);
/** The first resource of a request, so that more than one field is seen. */
const inside = message.map((bytes) => {
  const reader = new WireReader(bytes);
  return reader.next() ? bytes.subarray(reader.from, reader.to) : bytes;
});
const valid = fc.oneof(message, inside);
const damaged = fc
  .tuple(valid, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(3))
  .map(([bytes, changes, cut]) => {
    const copy = Uint8Array.from(bytes.subarray(0, Math.max(0, bytes.length - cut)));
    for (const [at, byte] of changes) if (copy.length > 0) copy[at % copy.length] = byte;
    return copy;
  });
/** Bytes that are often tags, lengths and long varints. */
const noise = fc
  .uint8Array({ maxLength: 40 })
  .chain((bytes) =>
    fc
      .array(fc.constantFrom(0x08, 0x0a, 0x0b, 0x0c, 0x0d, 0x09, 0x80, 0xff, 0x01, 0x00, 0x02, 0x7f), { maxLength: 24 })
      .map((likely) => Uint8Array.from([...likely, ...bytes])),
  );
const any = fc.oneof(valid, damaged, noise);

describe('the reader that checks', () => {
  it('reads from valid messages what protobufjs reads', () => {
    fc.assert(
      fc.property(valid, (bytes) => {
        const { fields, problem } = byReader(bytes);
        expect(problem).toBe('');
        expect(fields.map(([tag, , to]) => [tag, to])).toEqual(byProtobufjs(bytes));
        const reader = new WireReader(bytes);
        for (const field of fields) {
          reader.next();
          expect(valueByReader(bytes, field[0], reader)).toEqual(valueByProtobufjs(bytes, field));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('accepts of any bytes no more than protobufjs, and says why where it accepts less', () => {
    fc.assert(
      fc.property(any, (bytes) => {
        const { fields, problem } = byReader(bytes);
        const theirs = byProtobufjs(bytes);
        const isStricter = theirs === undefined || STRICTER.test(problem);
        expect(problem === '' ? fields.map(([tag, , to]) => [tag, to]) : isStricter).toEqual(
          problem === '' ? theirs : true,
        );
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the walk that trusts', () => {
  it('reads what the reader reads, of all that the reader accepts', () => {
    fc.assert(
      fc.property(any, (bytes) => {
        const { fields, problem } = byReader(bytes);
        fc.pre(problem === '');
        expect(byWalk(bytes)).toEqual(fields);
      }),
      { numRuns: 3000 },
    );
  });

  it('ends in any bytes, and shows nothing outside of the message', () => {
    fc.assert(
      fc.property(any, fc.nat(20), (bytes, more) => {
        const walk = new WireWalk();
        const to = Math.max(0, bytes.length - more);
        walk.open(bytes, 0, to);
        let at = 0;
        while (walk.next()) {
          expect(walk.from).toBeGreaterThan(at);
          expect(walk.to).toBeGreaterThanOrEqual(walk.from);
          expect(walk.to).toBeLessThanOrEqual(to);
          at = walk.to;
        }
        expect(walk.next()).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps nothing after it was closed', () => {
    const walk = new WireWalk();
    walk.open(Uint8Array.of(0x08, 0x01), 0, 2);
    walk.close();
    expect([walk.next(), walk.bytes.length]).toEqual([false, 0]);
  });
});

it('what the index of trace requests accepts, the reader accepts: walks may trust both', () => {
  const index = new RequestIndex(createSpanMemory(4096, 1));
  const requests = randomRequest.traces.chain((bytes) =>
    fc.oneof(
      fc.constant(bytes),
      fc.tuple(fc.nat(), fc.nat(255)).map(([at, byte]) => {
        const copy = Buffer.from(bytes);
        if (copy.length > 0) copy[at % copy.length] = byte;
        return copy;
      }),
    ),
  );
  fc.assert(
    fc.property(requests, (body) => {
      const problem = index.index(body);
      const messages = problem === undefined ? validateMessage(traceRequestSchema, body).messages : 0;
      expect(problem ?? `${messages} messages`).toMatch(/^(malformed protobuf at byte \d+: .|[1-9]\d* messages$)/);
    }),
    { numRuns: 1500 },
  );
});
