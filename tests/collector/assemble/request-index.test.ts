import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { MAX_VALUE_DEPTH } from '#collector/assemble/wire-scanner.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import {
  MARK_BAD_PARENT,
  MARK_BATCH,
  MARK_DB,
  MARK_EVENTS,
  MARK_LINKS,
  MARK_MESSAGING,
  MARK_PEER,
  MARK_SAMPLED,
  MARK_TRACE_STATE,
  MARK_UNSAMPLED,
} from '#collector/model/span-table.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { field, traceRequest } from '#tests/support/trace-requests.ts';

const Request = otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

// ---- random requests -------------------------------------------------------------------------------------------------------

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.uint8Array({ minLength: length, maxLength: length }) },
    fc.uint8Array({ maxLength: length + 2 }),
    fc.constant(new Uint8Array(length)),
  );
const text = fc.string({ unit: 'binary', maxLength: 200 });
const key = fc.oneof(
  fc.constantFrom(
    'db.system',
    'messaging.system',
    'peer.service',
    'server.address',
    'net.peer.name',
    'http.route',
    'd',
    '',
  ),
  text,
);
const { value: anyValue } = fc.letrec<{ value: unknown; pair: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant({}),
    text.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.maxSafeInteger().map((intValue) => ({ intValue })),
    fc.double().map((doubleValue) => ({ doubleValue })),
    fc.uint8Array({ maxLength: 150 }).map((bytesValue) => ({ bytesValue })),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    fc.array(tie('pair'), { maxLength: 3 }).map((values) => ({ kvlistValue: { values } })),
  ),
  pair: fc.record({ key, value: tie('value') }, { requiredKeys: [] }),
}));
const attributes = fc.array(fc.record({ key, value: anyValue }, { requiredKeys: [] }), { maxLength: 4 });
const time = fc
  .oneof(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
  .map((ns) => longOf(ns));
const event = fc.record(
  { timeUnixNano: time, name: text, attributes, droppedAttributesCount: fc.nat() },
  { requiredKeys: [] },
);
const link = fc.record(
  { traceId: bytesOf(16), spanId: bytesOf(8), traceState: text, attributes, flags: fc.nat() },
  { requiredKeys: [] },
);
const span = fc.record(
  {
    traceId: bytesOf(16),
    spanId: bytesOf(8),
    parentSpanId: bytesOf(8),
    traceState: text,
    flags: fc.nat(),
    name: text,
    kind: fc.integer({ min: -2, max: 9 }),
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    attributes,
    droppedAttributesCount: fc.nat(),
    events: fc.array(event, { maxLength: 2 }),
    links: fc.array(link, { maxLength: 2 }),
    status: fc.record({ message: text, code: fc.integer({ min: -1, max: 4 }) }, { requiredKeys: [] }),
  },
  { requiredKeys: ['traceId', 'spanId'] },
);
const resource = fc.record({
  attributes: fc
    .tuple(
      attributes,
      fc.option(fc.record({ key: fc.constant('service.name'), value: text.map((stringValue) => ({ stringValue })) })),
    )
    .map(([some, service]) => (service === null ? some : [...some, service])),
  entityRefs: fc.array(fc.record({ schemaUrl: text, type: text, idKeys: fc.array(text, { maxLength: 2 }) }), {
    maxLength: 2,
  }),
});
const request = fc.record({
  resourceSpans: fc.array(
    fc.record(
      {
        resource,
        schemaUrl: text,
        scopeSpans: fc.array(
          fc.record(
            {
              scope: fc.record({ name: text, version: text, attributes }, { requiredKeys: [] }),
              spans: fc.array(span, { maxLength: 4 }),
              schemaUrl: text,
            },
            { requiredKeys: [] },
          ),
          { maxLength: 3 },
        ),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 3 },
  ),
});

function longOf(value: bigint): { low: number; high: number; unsigned: boolean } {
  return { low: Number(value & 0xffffffffn) | 0, high: Number(value >> 32n) | 0, unsigned: true };
}

/** The same message with the fields of its outer four levels the other way round, as a Collector writes them. */
function reversed(message: Buffer, levels: number): Buffer {
  const fields: Buffer[] = [];
  for (let at = 0; at < message.length;) {
    const [tag, afterTag] = varint(message, at);
    const wireType = tag & 7;
    if (wireType === 2) {
      const [length, from] = varint(message, afterTag);
      const payload = message.subarray(from, from + length);
      const isGroup = levels > 0 && (tag >> 3 === 2 || (levels === 3 && tag >> 3 === 1));
      fields.push(isGroup ? field(tag >> 3, reversed(payload, levels - 1)) : message.subarray(at, from + length));
      at = from + length;
    } else {
      const end = wireType === 1 ? afterTag + 8 : wireType === 5 ? afterTag + 4 : varint(message, afterTag)[1];
      fields.push(message.subarray(at, end));
      at = end;
    }
  }
  return Buffer.concat(fields.toReversed());
}

function varint(message: Buffer, from: number): [number, number] {
  let value = 0;
  let at = from;
  for (let scale = 1; ; scale *= 128) {
    const byte = message[at++]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at];
  }
}

// ---- the oracle ------------------------------------------------------------------------------------------------------------

interface Decoded {
  resourceSpans?: {
    resource?: { attributes?: { key?: string; value?: { stringValue?: string } }[] };
    scopeSpans?: { spans?: DecodedSpan[] }[];
  }[];
}
interface DecodedSpan {
  traceId?: Uint8Array;
  spanId?: Uint8Array;
  parentSpanId?: Uint8Array;
  traceState?: string;
  flags?: number;
  name?: string;
  kind?: number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  status?: { code?: number };
  attributes?: { key?: string }[];
  events?: unknown[];
  links?: unknown[];
}

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const isId = (bytes: Uint8Array | undefined, length: number): boolean =>
  bytes?.length === length && bytes.some((byte) => byte !== 0);
const isTime = (ns: string | undefined): boolean => BigInt(ns ?? 0) < 2n ** 63n;
const within = (code: number | undefined, most: number): number =>
  code !== undefined && code >= 0 && code <= most ? code : 0;

function expected(body: Buffer): { rows: unknown[]; rejected: number } {
  const decoded = Request.toObject(Request.decode(body), { longs: String }) as Decoded;
  const rows: unknown[] = [];
  let rejected = 0;
  for (const group of decoded.resourceSpans ?? []) {
    const service = group.resource?.attributes?.find((pair) => pair.key === 'service.name')?.value?.stringValue;
    for (const one of (group.scopeSpans ?? []).flatMap((scope) => scope.spans ?? [])) {
      if (
        !isId(one.traceId, 16) ||
        !isId(one.spanId, 8) ||
        !isTime(one.startTimeUnixNano) ||
        !isTime(one.endTimeUnixNano)
      ) {
        rejected++;
        continue;
      }
      const parentLength = one.parentSpanId?.length ?? 0;
      const keys = (one.attributes ?? []).map((pair) => pair.key ?? '');
      rows.push({
        id: hex(one.traceId),
        span: hex(one.spanId),
        parent: isId(one.parentSpanId, 8) ? hex(one.parentSpanId) : '0'.repeat(16),
        start: BigInt(one.startTimeUnixNano ?? 0),
        end: BigInt(one.endTimeUnixNano ?? 0),
        kind: within(one.kind, 5),
        status: within(one.status?.code, 2),
        name: one.name ?? '',
        service: service || 'unknown_service',
        marks:
          (one.links?.length ? MARK_LINKS : 0) |
          (one.events?.length ? MARK_EVENTS : 0) |
          (one.traceState ? MARK_TRACE_STATE : 0) |
          (keys.some((key) => key.startsWith('db.')) ? MARK_DB : 0) |
          (keys.some((key) => key.startsWith('messaging.')) ? MARK_MESSAGING : 0) |
          (keys.some((key) => /^(peer\.|server\.address|net\.peer\.|net\.sock\.peer\.|network\.peer\.)/.test(key))
            ? MARK_PEER
            : 0) |
          (one.flags ? (one.flags % 2 === 1 ? MARK_SAMPLED : MARK_UNSAMPLED) : 0) |
          (parentLength === 0 || parentLength === 8 ? 0 : MARK_BAD_PARENT),
      });
    }
  }
  return { rows, rejected };
}

const memory = createSpanMemory(16, 3);
const index = new RequestIndex(memory);

const words = (...parts: number[]): string => parts.map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');

function indexed(body: Buffer): { problem: string | undefined; rows: unknown[]; rejected: number } {
  const problem = index.index(body);
  const { columns } = index;
  const rows = Array.from({ length: index.count }, (_unused, i) => ({
    id: words(columns.id0[i]!, columns.id1[i]!, columns.id2[i]!, columns.id3[i]!),
    span: words(columns.spanIdHi[i]!, columns.spanIdLo[i]!),
    parent: words(columns.parentHi[i]!, columns.parentLo[i]!),
    start: (BigInt(columns.startHi[i]!) << 32n) | BigInt(columns.startLo[i]!),
    end: (BigInt(columns.endHi[i]!) << 32n) | BigInt(columns.endLo[i]!),
    kind: columns.kind[i],
    status: columns.status[i],
    name: memory.names.text(columns.name[i]!),
    service: memory.services.text(memory.resources.service[columns.resource[i]!]!),
    marks: columns.marks[i]! & ~MARK_BATCH,
  }));
  return { problem, rows, rejected: index.rejectedCount };
}

/** Where the index is stricter than protobufjs, on purpose. */
const STRICTER =
  /has wire type|groups are not part|out of range|varint of more than|nested more than|runs over the end/;

describe('the request index beside protobufjs', () => {
  it('reads the same spans out of any request, with its fields in either order', () => {
    fc.assert(
      fc.property(request, (shape) => {
        const body = Buffer.from(Request.encode(Request.fromObject(shape)).finish());
        for (const message of [body, reversed(body, 3)])
          expect(indexed(message)).toEqual({ problem: undefined, ...expected(message) });
      }),
      { seed: 51, numRuns: 300 },
    );
  });

  it('takes no damaged request that protobufjs refuses, reads those it takes alike, and says why it refuses others', () => {
    const damage = fc.array(
      fc.record({ at: fc.nat(), byte: fc.nat(255), kind: fc.constantFrom('set', 'insert', 'cut') }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(request, damage, (shape, edits) => {
        let body = Buffer.from(Request.encode(Request.fromObject(shape)).finish());
        for (const { at, byte, kind } of edits) {
          const place = at % (body.length + 1);
          if (kind === 'set' && place < body.length) body[place] = byte;
          else if (kind === 'insert')
            body = Buffer.concat([body.subarray(0, place), Buffer.from([byte]), body.subarray(place)]);
          else if (kind === 'cut') body = body.subarray(0, place);
        }
        let oracle: ReturnType<typeof expected> | string;
        try {
          oracle = expected(body);
        } catch (error) {
          oracle = String(error);
        }
        const found = indexed(body);
        // Refused by one of them: both do, unless the index is the stricter one, or the text is not UTF-8 (which it leaves to the store).
        const isReadAlike = typeof oracle !== 'string' && !STRICTER.test(found.problem ?? '');
        const isAgreed = found.problem !== undefined || (typeof oracle === 'string' && /utf-?8/i.test(oracle));
        expect(isReadAlike ? found : { isAgreed }).toEqual(
          isReadAlike ? { problem: undefined, ...(oracle as object) } : { isAgreed: true },
        );
      }),
      { seed: 52, numRuns: 2000 },
    );
  });
});

describe('the request index', () => {
  const pair = (key: string, value: string): Buffer =>
    field(1, Buffer.concat([field(1, Buffer.from(key)), field(2, field(1, Buffer.from(value)))]));
  const nestedValue = (levels: number): Buffer =>
    levels === 1 ? field(1, Buffer.from('x')) : field(5, field(1, nestedValue(levels - 1)));
  const withValue = (value: Buffer): Buffer =>
    field(1, field(1, field(1, Buffer.concat([field(1, Buffer.from('k')), field(2, value)]))));

  it('takes values as deep as the cap and refuses the next level', () => {
    expect(index.index(withValue(nestedValue(MAX_VALUE_DEPTH)))).toBeUndefined();
    expect(index.index(withValue(nestedValue(MAX_VALUE_DEPTH + 1)))).toContain('nested more than 64 deep');
  });

  it('merges a resource that comes in two parts, as protobuf does', () => {
    const whole = traceRequest([{ trace: 1, span: 1 }], 'cart');
    const [, from] = varint(whole, 1);
    const body = field(1, Buffer.concat([whole.subarray(from), field(1, pair('host.name', 'node-1'))]));
    expect(index.index(body)).toBeUndefined();
    const slot = index.columns.resource[0]!;
    expect(memory.services.text(memory.resources.service[slot]!)).toBe('cart');
    expect(memory.hosts.text(memory.resources.host[slot]!)).toBe('node-1');
  });

  it('keeps its columns right when a request outgrows them, and small afterwards', () => {
    const spans = Array.from({ length: 70_000 }, (_unused, at) => ({ trace: at + 1, span: at + 1 }));
    expect(index.index(traceRequest(spans))).toBeUndefined();
    expect(index.count).toBe(70_000);
    expect(index.columns.spanIdLo.subarray(0, 70_000).every((word, at) => word === at + 1)).toBe(true);
    index.index(traceRequest([{ trace: 1, span: 1 }]));
    expect(index.columns.capacity).toBeLessThanOrEqual(65_536);
  });

  it('refuses a request of more groups than any client sends', () => {
    const one = traceRequest([{ trace: 1, span: 1 }]);
    expect(index.index(Buffer.concat(Array.from({ length: 33_000 }, () => one)))).toContain('send smaller batches');
  });
});
