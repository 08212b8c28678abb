// A span that was received before changes nothing but the counts of received and dropped spans: whatever became of its trace meanwhile, however it
// is written the second time, and whatever comes with it.
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { expect, test } from 'vitest';
import { jsonToProtobuf } from '#proto/otlp/json-to-protobuf.ts';
import { traceRequestSchema } from '#proto/otlp/schema.ts';
import type { PlainSpan } from '#tests/support/trace-builder.ts';
import { traceRequest } from '#tests/support/trace-requests.ts';
import { HALF } from '#proto/model/threshold.ts';
import { bodyOf, duplicatesOf, FORMS, effectsOf, type Form, type Sent } from './copies-under-test.ts';
import { RescueStage } from './rescue-stage.ts';

const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;
const ID = '00112233445566778899aabbccddeeff';
const KEEP = 'rules: [{ name: all, keep: 100% }]';
const DROP = 'rules: [{ name: all, keep: 0% }]';

const span = (id: number, more: Partial<PlainSpan> = {}): PlainSpan => ({
  id: String(id),
  ...(id > 1 && { parent: String(Math.floor(id / 2)) }),
  service: `s${id % 3}`,
  name: `op ${id % 4}`,
  kind: id % 2 === 0 ? SERVER : CLIENT,
  start: id,
  end: 1000 - id,
  ...more,
});
const spans = (count: number, from = 1): Sent[] =>
  Array.from({ length: count }, (_, i) => ({ trace: ID, span: span(from + i) }));

interface Case {
  /** What happens after the first spans came, and before they come again. */
  readonly what: string;
  readonly yaml: string;
  readonly afterwards?: (under: RescueStage, send: (sent: readonly Sent[]) => void) => void;
  readonly spansPerTrace?: number;
  readonly leastHi?: number;
}

const LATE_ERROR: Sent = { trace: ID, span: span(9000, { status: ERROR }) };
const CASES: Case[] = [
  { what: 'nothing', yaml: KEEP },
  { what: 'their trace waits for more', yaml: KEEP, afterwards: (under) => under.pass(100) },
  {
    what: 'their trace is held until its window ends',
    yaml: `${KEEP}\nbudget: { spans_per_second: 1000, window: 5s }`,
    afterwards: (under) => under.pass(1000),
  },
  { what: 'their trace was kept', yaml: KEEP, afterwards: (under) => under.pass(1000) },
  { what: 'their trace was dropped', yaml: DROP, afterwards: (under) => under.pass(1000) },
  {
    what: 'their trace was kept, and late spans of it wait',
    yaml: KEEP,
    afterwards: (under, send) => {
      under.pass(1000);
      send(spans(3, 8000));
    },
  },
  {
    what: 'their trace was kept, and late spans of it too',
    yaml: KEEP,
    afterwards: (under, send) => {
      under.pass(1000);
      send(spans(3, 8000));
      under.pass(1000);
    },
  },
  {
    what: 'their trace was dropped, and late spans of it came',
    yaml: DROP,
    afterwards: (under, send) => {
      under.pass(1000);
      send(spans(3, 8000));
      send(spans(150, 8100));
      under.pass(1000);
    },
  },
  {
    what: 'their trace was dropped and is coming back',
    yaml: DROP,
    afterwards: (under, send) => {
      under.pass(1000);
      send([LATE_ERROR]);
      under.pass(100);
      expect(under.stage.shard.traces).toBe(1);
    },
  },
  {
    what: 'their trace was dropped and came back',
    yaml: DROP,
    afterwards: (under, send) => {
      under.pass(1000);
      send([LATE_ERROR]);
      under.pass(1000);
      expect(under.stored.size).toBe(1);
    },
  },
  { what: 'their trace was kept when it had too many spans', yaml: KEEP, spansPerTrace: 2 },
  { what: 'their trace was dropped when it had too many spans', yaml: DROP, spansPerTrace: 2 },
  { what: 'their trace was turned away', yaml: KEEP, leastHi: HALF - 1, afterwards: (under) => under.pass(300) },
];

const AMOUNTS: readonly (readonly [count: number, form: Form])[] = [
  [3, 'json'],
  ...FORMS.map((form) => [200, form] as const),
];

test.each(CASES.flatMap((one) => AMOUNTS.map(([count, form]) => ({ ...one, count, form }))))(
  '$what: $count spans come again ($form), alone, with new ones, and twice',
  ({ yaml, afterwards, count, form, leastHi = 0, spansPerTrace = 50_000 }) => {
    const effects = [true, false].map((again) => {
      const under = new RescueStage(yaml, {}, { leastHi }, 50_000, { spansPerTrace });
      let copies = 0;
      const send = (sent: readonly Sent[], copied: readonly Sent[] = []): void => {
        const its = again ? copied : [];
        copies += its.length * 2;
        const body = Buffer.concat([bodyOf(its, form), bodyOf(sent), bodyOf(its, form)]);
        if (body.length > 0) under.sendBody(body);
      };
      send(spans(count));
      afterwards?.(under, send);
      send([], spans(count));
      send(spans(2, 1000), spans(count));
      under.pass(300);
      send([], spans(2, 1000));
      under.pass(6000);
      send([], [...spans(2, 1000), ...spans(count)]);
      under.pass(6000);
      expect(duplicatesOf(under)).toBe(copies);
      expect(under.stage.shard.ledger.isBalanced()).toBe(true);
      return effectsOf(under);
    });
    expect(effects[0]).toEqual(effects[1]);
  },
);

test.each<[string, Partial<PlainSpan>]>([
  ['another kind, as Zipkin shares ids between client and server', { kind: SERVER }],
  ['another start', { start: 2 }],
  ['another end', { end: 900 }],
  ['another name', { name: 'another' }],
  ['another status', { status: ERROR }],
  ['another parent', { parent: '7' }],
  ['no parent', { parent: '' }],
])('a span of the same id with %s is not a copy, before and after the decision, kept or dropped', (_what, more) => {
  const one = { id: '5', parent: '1', service: 's', name: 'op', kind: CLIENT, start: 1, end: 1000, status: 0 };
  for (const yaml of [KEEP, DROP]) {
    for (const waitMs of [0, 1000]) {
      const under = new RescueStage(yaml, { ring: false });
      under.send(ID, [one]);
      under.pass(waitMs);
      under.send(ID, [{ ...one, ...more }]);
      under.pass(2000);
      expect(duplicatesOf(under)).toBe(0);
      expect(under.stored.get(ID)?.spans.length ?? 0).toBe(yaml === KEEP ? 2 : 0);
      under.send(ID, [one, { ...one, ...more }]);
      expect(duplicatesOf(under)).toBe(2);
    }
  }
});

test('the same span of another trace is not a copy', () => {
  const under = new RescueStage(DROP);
  under.send(ID, [span(1)]);
  under.pass(1000);
  under.send(ID.replace('0', '1'), [span(1)]);
  under.pass(1000);
  under.send(ID.replace('ff', 'fe'), [span(1)]);
  expect(duplicatesOf(under)).toBe(0);
});

test.each([0, 1000])('names too long for the table make a difference, %d ms later too', (waitMs) => {
  const under = new RescueStage(KEEP);
  const long = 'n'.repeat(2000);
  under.send(ID, [span(1, { name: `${long}1` })]);
  under.pass(waitMs);
  under.send(ID, [span(1, { name: `${long}2` })]);
  expect(duplicatesOf(under)).toBe(0);
  under.send(ID, [span(1, { name: `${long}1` }), span(1, { name: `${long}2` })]);
  expect(duplicatesOf(under)).toBe(2);
});

test('a copy does not make its trace wait longer', () => {
  const under = new RescueStage(KEEP);
  under.send(ID, [span(1)]);
  for (let i = 0; i < 10; i++) {
    under.pass(100);
    under.send(ID, [span(1)]);
  }
  expect(under.decided).toEqual(['kept all complete 1']);
});

test('copies are warned of in the trace, each at its span, and in the report of repairs', () => {
  const under = new RescueStage(KEEP);
  under.send(ID, [span(1), span(2), span(3)]);
  under.send(ID, [span(2), span(3)]);
  for (let i = 0; i < 20; i++) under.send(ID, [span(3)]);
  under.pass(1000);
  expect(under.stored.get(ID)!.copiesWarnedOf).toEqual({ '2': 1, '3': 21 });
  expect(
    under.stage.repairs
      .flush()
      .flatMap(({ kind, service, spans: its }) => (kind === 'duplicate_span' ? [`${service} ${its}`] : [])),
  ).toEqual(['s2 1', 's0 21']);
});

test(
  '200,000 spans of one trace come again, and again when it was decided: linear, and none is taken for another',
  { timeout: 60_000 },
  () => {
    const count = 200_000;
    const under = new RescueStage(DROP, { ring: false }, { leastHi: 0 }, 500_000, { spansPerTrace: 150_000 });
    const body = traceRequest(
      Array.from({ length: count }, (_, i) => ({
        trace: 1,
        span: i * 7 + 1,
        startNs: BigInt(i),
        endNs: BigInt(i + 1),
      })),
    );
    under.sendBody(body); // 150,000 at the limit, 50,000 late
    under.sendBody(body);
    under.pass(1000);
    under.sendBody(body);
    expect(duplicatesOf(under)).toBe(2 * count);
    const red: number[] = [];
    under.stage.red.flush(under.nowMs, ({ calls }) => red.push(calls));
    expect(red).toEqual([count]);
  },
);

test.each(['buffered', 'kept', 'dropped'])(
  'reports of one span that say different things about it are no copies: their trace is %s',
  (when) => {
    const under = new RescueStage(when === 'dropped' ? DROP : KEEP);
    const saying = (text: string): Sent => ({ trace: ID, span: span(1, { attributes: { says: text } }) });
    // As long as each other, and different in one letter.
    const texts = Array.from({ length: 26 }, (_, i) => `${'-'.repeat(i)}x${'-'.repeat(25 - i)}`);
    for (const text of texts) {
      under.sendBody(bodyOf([saying(text)]));
      if (when !== 'buffered') under.pass(1000);
    }
    under.pass(6000);
    const known = duplicatesOf(under);
    expect(known).toBeLessThanOrEqual(when === 'buffered' ? 0 : texts.length / 2);
    for (const text of texts) under.sendBody(bodyOf([saying(text)]));
    expect(duplicatesOf(under)).toBe(known + texts.length);
    expect(under.stage.shard.ledger.isBalanced()).toBe(true);
  },
);

test.each([1, 2])(
  'the JavaScript SDK in its two encodings, of which one writes zeros: the second is known as a copy, sent %s times',
  (times) => {
    const spanContext = (spanId: string) => () => ({ traceId: ID, spanId, traceFlags: 1 });
    const common = {
      kind: 1,
      attributes: { 'http.route': '/x', n: 0, none: '' },
      links: [],
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
      ended: true,
      duration: [1, 0],
      resource: { attributes: { 'service.name': 'a' } },
      instrumentationScope: { name: 's' },
    };
    const read = Array.from({ length: 5 }, (_, i) => ({
      ...common,
      name: `op ${i}`,
      spanContext: spanContext(`00000000000000a${i}`),
      startTime: [1_700_000_000, i],
      endTime: [1_700_000_001, i],
      status: i === 3 ? { code: 2, message: 'bad' } : { code: 0 },
      events:
        i % 2 === 0 ? [{ name: 'e', time: [1_700_000_000, i], attributes: { q: i }, droppedAttributesCount: 0 }] : [],
      ...(i > 0 && { parentSpanContext: spanContext('00000000000000a0')() }),
    })) as never;
    const protobuf = Buffer.from(ProtobufTraceSerializer.serializeRequest(read)!);
    const json = Buffer.from(jsonToProtobuf(traceRequestSchema, JsonTraceSerializer.serializeRequest(read)!, 1 << 20));
    expect(protobuf.length).toBeGreaterThan(json.length);
    for (const when of ['buffered', 'decided']) {
      for (const [first, second] of [
        [protobuf, json],
        [json, protobuf],
      ] as const) {
        const under = new RescueStage(KEEP);
        under.sendBody(first);
        if (when === 'decided') under.pass(6000);
        for (let i = 0; i < times; i++) under.sendBody(second);
        under.pass(6000);
        expect(duplicatesOf(under), when).toBe(5 * times);
      }
    }
  },
);
