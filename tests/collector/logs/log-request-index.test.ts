// The index of log requests: every record by place, resource and scope; malformed ones refused whole.
import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { LogRequestIndex } from '#collector/logs/log-request-index.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const Request = otlpType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest');
const Record = otlpType('opentelemetry.proto.logs.v1.LogRecord');

const memory = createSpanMemory(16, 1);
let index: LogRequestIndex;
beforeEach(() => (index = new LogRequestIndex(memory)));

const named = (name: string): object => ({ attributes: [{ key: 'service.name', value: { stringValue: name } }] });
function encode(request: object): Buffer {
  return Buffer.from(Request.encode(Request.fromObject(request)).finish());
}
function record(body: Buffer, row: number): { severityText?: string } {
  return Record.toObject(Record.decode(body.subarray(index.start[row], index.end[row])));
}

it('finds every record with its resource and scope, also when they come after the records', () => {
  const before = encode({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityText: 'a' }, { severityText: 'b' }] }] }],
  });
  const resource = Buffer.from(
    otlpType('opentelemetry.proto.resource.v1.Resource')
      .encode(otlpType('opentelemetry.proto.resource.v1.Resource').fromObject(named('late')))
      .finish(),
  );
  const inner = Buffer.concat([before.subarray(2), Buffer.from([0x0a, resource.length]), resource]);
  const late = Buffer.concat([Buffer.from([0x0a, inner.length]), inner]);
  const other = encode({
    resourceLogs: [
      {
        resource: named('early'),
        scopeLogs: [{ scope: { name: 's' }, logRecords: [{ severityText: 'c' }] }],
        schemaUrl: 'https://x',
      },
    ],
  });
  const body = Buffer.concat([late, other]);
  expect(index.index(body)).toBeUndefined();
  expect([index.count, index.rejected]).toEqual([3, 0]);
  expect([0, 1, 2].map((row) => record(body, row).severityText)).toEqual(['a', 'b', 'c']);
  const services = [0, 1, 2].map((row) => memory.resources.messageOf(index.resource[row]!).toString('latin1'));
  expect(services[0]).toContain('late');
  expect(services[1]).toContain('late');
  expect(services[2]).toContain('early');
  expect(memory.resources.schemaUrlOf(index.resource[2]!).toString()).toBe('https://x');
  expect(memory.scopes.messageOf(index.scope[2]!).toString('latin1')).toBe('\n\x01s');
});

it('rejects a record with a time that cannot be stored, and takes the others', () => {
  const body = encode({
    resourceLogs: [
      {
        scopeLogs: [
          {
            logRecords: [
              { timeUnixNano: '18446744073709551615' },
              { severityText: 'ok' },
              { observedTimeUnixNano: '9223372036854775808' },
            ],
          },
        ],
      },
    ],
  });
  expect(index.index(body)).toBeUndefined();
  expect([index.count, index.rejected, record(body, 0).severityText]).toEqual([1, 2, 'ok']);
});

it('refuses whole what is cut anywhere', () => {
  const body = encode({
    resourceLogs: [
      {
        resource: named('x'),
        scopeLogs: [{ logRecords: [{ severityText: 'a', body: { arrayValue: { values: [{ stringValue: 'v' }] } } }] }],
      },
    ],
  });
  for (let length = 1; length < body.length; length++) {
    expect(index.index(body.subarray(0, length))).toMatch(/ExportLogsServiceRequest: .* at byte \d+/);
    expect(index.count).toBe(0);
  }
  expect(index.index(body)).toBeUndefined();
});

it('refuses what protobufjs refuses, whatever the bytes', () => {
  const body = encode({
    resourceLogs: [
      {
        resource: named('x'),
        scopeLogs: [
          {
            logRecords: [
              { severityText: 'a', body: { stringValue: 'v' }, traceId: Buffer.alloc(16, 1) },
              { attributes: [{ key: 'k', value: { doubleValue: 1 } }] },
            ],
          },
        ],
      },
    ],
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(body.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (flips) => {
      const damaged = Buffer.from(body);
      for (const [at, value] of flips) damaged[at] = value;
      let decodes = true;
      try {
        Request.decode(damaged);
      } catch (error) {
        // It also checks UTF-8, which the store does not need.
        decodes = String(error).includes('utf-8');
      }
      const refused = index.index(damaged) !== undefined;
      expect(decodes || refused).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

it('grows with the request', () => {
  const body = encode({
    resourceLogs: [
      { scopeLogs: [{ logRecords: Array.from({ length: 5000 }, (_, i) => ({ severityText: String(i) })) }] },
    ],
  });
  expect(index.index(body)).toBeUndefined();
  expect([index.count, record(body, 4999).severityText]).toEqual([5000, '4999']);
});

it('refuses more resources in one request than anybody has', () => {
  const one = encode({ resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }] });
  expect(index.index(Buffer.concat(Array.from({ length: 40_000 }, () => one)))).toContain(
    'more than 65536 resources and scopes',
  );
  expect(index.count).toBe(0);
  expect(index.index(one)).toBeUndefined();
});

it('refuses nesting without end instead of falling over it', () => {
  let value = Buffer.from([0x08, 1]);
  for (let i = 0; i < 5000; i++)
    value = Buffer.concat([
      Buffer.from([0x2a]),
      varint(value.length + 1 + varint(value.length).length),
      Buffer.from([0x0a]),
      varint(value.length),
      value,
    ]);
  expect(index.index(wrap(0x0a, wrap(0x12, wrap(0x12, wrap(0x2a, value)))))).toContain('nested deeper');
});

function wrap(tag: number, inner: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), varint(inner.length), inner]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
