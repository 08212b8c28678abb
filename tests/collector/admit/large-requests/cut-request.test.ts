// A request cut into pieces says what it said whole; each piece is bounded; the same bytes are cut in the same places.
import { logsRequestSchema } from '#proto/otlp/schema.ts';
import { validateMessage } from '#proto/otlp/validate-message.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutRequest, type Cut } from '#collector/admit/large-requests/cut-request.ts';
import { isLarge, weigh } from '#collector/admit/large-requests/weigh.ts';
import { SIGNALS } from '#proto/otlp/signal.ts';
import { frames } from '#tests/support/frames.ts';
import { decodeRequest } from '#tests/support/otlp-digests.ts';
import { encodeRequest, itemLines, randomRequest } from '#tests/support/random-requests.ts';

const small = fc.record({
  pieceBytes: fc.integer({ min: 50, max: 600 }),
  pieceWeight: fc.integer({ min: 1, max: 30 }),
});

function piecesOf(cut: Cut): readonly Uint8Array[] {
  if (cut.kind !== 'pieces') throw new Error(cut.message);
  return cut.pieces;
}

describe.each(SIGNALS)('%s', (signal) => {
  it('say the same in pieces, in the same order', () => {
    fc.assert(
      fc.property(randomRequest[signal], small, (body, limits) => {
        expect(itemLines(signal, piecesOf(cutRequest(signal, body, limits)))).toEqual(itemLines(signal, [body]));
      }),
      { numRuns: 200 },
    );
  });

  it('have no piece above the bounds but for a single item', () => {
    fc.assert(
      fc.property(randomRequest[signal], small, (body, limits) => {
        const several = piecesOf(cutRequest(signal, body, limits)).filter((piece) => weigh(signal, piece).items > 1);
        expect(several.filter((piece) => weigh(signal, piece).weight > limits.pieceWeight)).toEqual([]);
        // What the first item lies in comes on top: here it is small.
        expect(several.filter((piece) => piece.length > limits.pieceBytes + 300)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('are cut in the same places each time', () => {
    fc.assert(
      fc.property(randomRequest[signal], small, (body, limits) => {
        expect(cutRequest(signal, Buffer.from(body), limits)).toEqual(cutRequest(signal, body, limits));
      }),
      { numRuns: 50 },
    );
  });

  it('are counted as protobufjs counts them', () => {
    fc.assert(
      fc.property(randomRequest[signal], (body) => {
        expect(weigh(signal, body).items).toBe(itemLines(signal, [body]).length);
      }),
      { numRuns: 200 },
    );
  });

  it('of no sense are weighed and cut, or refused, and nothing is thrown', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.tuple(randomRequest[signal], fc.nat(300), fc.nat(255)).map(([body, at, byte]) => {
            const broken = Buffer.from(body);
            if (broken.length > 0) broken[at % broken.length] = byte;
            return broken.subarray(0, broken.length - (at % 3));
          }),
        ),
        small,
        (body, limits) => {
          expect(weigh(signal, body).weight).toBeLessThanOrEqual(body.length);
          expect(['pieces', 'malformed']).toContain(cutRequest(signal, body, limits).kind);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are too large for one turn by their bytes or by their weight', () => {
    expect(isLarge(signal, Buffer.alloc(4 * 1024 * 1024))).toBe(true);
    expect(isLarge(signal, encodeRequest(signal, {}))).toBe(false);
  });
});

const many = (items: number, bytes: string): Buffer => Buffer.alloc((items * bytes.length) / 2, bytes, 'hex');
/** A length-delimited field. */
function field(number: number, payload: Buffer): Buffer {
  const head: number[] = [];
  for (let rest of [number * 8 + 2, payload.length]) {
    for (; rest > 127; rest = Math.floor(rest / 128)) head.push((rest & 127) | 128);
    head.push(rest);
  }
  return Buffer.concat([Buffer.from(head), payload]);
}
const inScope = (items: Buffer, resource: Buffer = Buffer.alloc(0)): Buffer =>
  field(1, Buffer.concat([resource, field(2, items)]));

describe('what weighs much in few bytes', () => {
  it.each([
    ['spans of two ids', 'traces', inScope(many(17_000, `121c0a10${'11'.repeat(16)}1208${'22'.repeat(8)}`))],
    ['empty spans', 'traces', inScope(many(300_000, '1200'))],
    ['empty log records', 'logs', inScope(many(17_000, '1200'))],
    ['empty resources', 'traces', many(9000, '0a00')],
    ['empty scopes', 'logs', field(1, many(9000, '1200'))],
    ['empty metrics', 'metrics', inScope(many(9000, '1200'))],
    ['empty gauge points', 'metrics', inScope(field(2, field(5, many(9000, '0a00'))))],
    [
      'points of eight buckets',
      'metrics',
      inScope(
        field(2, field(9, Buffer.concat(Array.from({ length: 1000 }, () => field(1, field(6, Buffer.alloc(64))))))),
      ),
    ],
    [
      'exponential buckets',
      'metrics',
      inScope(
        field(
          2,
          field(
            10,
            Buffer.concat(Array.from({ length: 60 }, () => field(1, field(8, field(2, Buffer.alloc(160, 1)))))),
          ),
        ),
      ),
    ],
    ['quantiles', 'metrics', inScope(field(2, field(11, field(1, many(9000, '3200')))))],
  ] as const)('%s', (_name, signal, body) => {
    expect(isLarge(signal, body)).toBe(true);
    expect(piecesOf(cutRequest(signal, body)).length).toBeGreaterThan(
      signal === 'metrics' && body.includes(Buffer.from('3200', 'hex')) ? 0 : 1,
    );
  });

  it('counts as far as it can be read: behind a group nothing is, for the request is refused there', () => {
    const group = Buffer.from('a306080108022b0a022c1a2ca406', 'hex'); // field 100: varints, group 5 in it, and its end
    const body = Buffer.concat([group, inScope(many(17_000, '1200'))]);
    expect(isLarge('logs', body)).toBe(false);
    expect(() => validateMessage(logsRequestSchema, body)).toThrow('at byte 2: groups are not part of OTLP');
    expect(isLarge('logs', Buffer.concat([inScope(many(17_000, '1200')), group]))).toBe(true);
  });
});

describe('what is repeated in every piece', () => {
  it('is the resource, its schema and all of a scope and a metric but their items, unknown fields apart', () => {
    const schema = field(3, Buffer.from('https://schema'));
    const unknown = field(1000, Buffer.alloc(500, 7));
    const resource = field(1, field(1, field(1, Buffer.from('key'))));
    const scope = field(1, field(1, Buffer.from('scope')));
    const records = Array.from({ length: 10 }, (_, i) => field(2, field(3, Buffer.from(`severity ${i}`))));
    // Fields in another order than usual: the resource after the records.
    const body = field(
      1,
      Buffer.concat([unknown, field(2, Buffer.concat([...records, scope, unknown, schema])), schema, resource]),
    );
    const pieces = piecesOf(cutRequest('logs', body, { pieceBytes: 1000, pieceWeight: 7 }));
    expect(pieces.map((piece) => weigh('logs', piece).items)).toEqual([3, 3, 3, 1]);
    for (const piece of pieces) {
      expect(decodeRequest('logs', piece)).toMatchObject({
        resourceLogs: [
          {
            resource: { attributes: [{ key: 'key' }] },
            schemaUrl: 'https://schema',
            scopeLogs: [{ scope: { name: 'scope' }, schemaUrl: 'https://schema' }],
          },
        ],
      });
      expect(piece.length).toBeLessThan(170);
    }
  });

  it('does not count as part of a piece: a large resource does not leave its items one by one', () => {
    const resource = field(1, field(1, field(1, Buffer.alloc(100_000))));
    const pieces = piecesOf(
      cutRequest('logs', inScope(many(100, '1200'), resource), { pieceBytes: 50_000, pieceWeight: 54 }),
    );
    expect(pieces.map((piece) => weigh('logs', piece).items)).toEqual([50, 50]);
  });

  it('is bounded: a resource of many megabytes, and one that would be repeated for too many pieces', () => {
    expect(cutRequest('logs', inScope(many(10, '1200'), field(1, Buffer.alloc(5_000_000))))).toMatchObject({
      kind: 'too_large',
      message: expect.stringContaining('send smaller ones') as string,
    });
    const cut = cutRequest('logs', inScope(many(400_000, '1200'), field(1, Buffer.alloc(3_000_000))));
    expect(cut).toMatchObject({ kind: 'too_large', message: expect.stringContaining('smaller batches') as string });
  });
});

it('a request without an item, and an item larger than a piece, are one piece each', () => {
  expect(piecesOf(cutRequest('traces', Buffer.alloc(0)))).toEqual([]);
  const empty = encodeRequest('traces', {
    resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ schemaUrl: 'x' }] }],
  });
  expect(piecesOf(cutRequest('traces', empty)).map((piece) => decodeRequest('traces', piece))).toEqual([
    decodeRequest('traces', empty),
  ]);
  const large = field(2, field(5, Buffer.alloc(3_000_000, 'a')));
  const pieces = piecesOf(
    cutRequest('traces', inScope(Buffer.concat([large, field(2, field(5, Buffer.from('b'))), large]))),
  );
  expect(pieces.map((piece) => weigh('traces', piece).items)).toEqual([1, 1, 1]);
});

it('no two pieces are the same bytes, be they of one request or of different ones, unless the requests are the same', () => {
  const pieces = [20_000, 30_000].flatMap((records) => piecesOf(cutRequest('logs', inScope(many(records, '1200')))));
  expect(pieces.map((piece) => weigh('logs', piece).items)).toEqual([7996, 7996, 4008, 7996, 7996, 7996, 6012]);
  expect(new Set(pieces.map((piece) => Buffer.from(piece).toString('latin1'))).size).toBe(7);
});

it('a capture in one request says the same in pieces', () => {
  const body = Buffer.concat(frames('otlp/online-boutique-9min.otlp.pb.frames').slice(0, 200));
  const pieces = piecesOf(cutRequest('traces', body, { pieceBytes: 50_000, pieceWeight: 300 }));
  expect(pieces.length).toBeGreaterThan(10);
  expect(itemLines('traces', pieces)).toEqual(itemLines('traces', [body]));
});
