// Dropped traces come back whole for each of the reasons there are, follow their decision from then on, and the ledger balances.
import { expect, test } from 'vitest';
import { RescueRequest } from '#proto/api/rescue.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { MAX_INTERNED_BYTES } from '#collector/model/intern-table.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { ask, DROPPED_ID, HALF, ID, LATE, LATE_ERROR, NOTHING, pause, spans } from './rescue-load.ts';
import { RescueStage } from './rescue-stage.ts';

const ERRORS = 'rules: [{ name: errors, when: { any: { status: error } }, keep: 100% }, { name: rest, keep: 0% }]';
const OTHER = 'ff112233445566778899aabbccddeeff';

function bytesOf(traceId: string, list: readonly PlainSpan[]): string[] {
  const body = traceRequest(traceId, list);
  const index = new RequestIndex(createSpanMemory(1000, 1));
  expect(index.index(body)).toBeUndefined();
  const { offset, length } = index.columns;
  return Array.from({ length: index.count }, (_, i) => body.toString('hex', offset[i], offset[i]! + length[i]!)).sort();
}

function storedSpans(under: RescueStage, traceId: string): string[] | undefined {
  return under.stored.get(traceId)?.spans.toSorted();
}

test('an error that comes late brings the whole trace back, late spans before and after it too', () => {
  const under = new RescueStage(NOTHING);
  under.send(ID, spans());
  under.pass(1000);
  expect(under.stored.size).toBe(0);
  under.send(ID, [LATE]);
  under.pass(500);
  under.send(ID, [LATE_ERROR]);
  under.pass(100);
  under.send(ID, [{ ...LATE, id: '79' }]);
  under.pass(1000);
  under.send(ID, [{ ...LATE, id: '80' }]);
  under.pass(1000);
  expect(storedSpans(under, ID)).toEqual(
    bytesOf(ID, [...spans(), LATE, LATE_ERROR, { ...LATE, id: '79' }, { ...LATE, id: '80' }]),
  );
  expect(under.stored.get(ID)).toMatchObject({
    rule: 'rescue:late-error',
    trigger: 'rescue',
    weight: 1,
    thresholdHi: 0,
  });
  expect(under.decided).toEqual([
    'dropped rest complete 3',
    'kept rescue:late-error rescue 6',
    'kept rescue:late-error late 1',
  ]);
  expect(under.stage.decided.traces(true, 'rescue:late-error', 'rescue')).toBe(1);
  expect(under.lateErrors()).toEqual({ rescued: 1 });
  expect(under.rescued()).toEqual({ 'late-error': 1 });
  expect(under.ledger.traces.receivedBy()).toContainEqual({ transport: 'rescue', encoding: 'native', items: 5 });
  expect(under.unaccounted).toBe(0);
});

test('a rescued trace is what would have been kept', () => {
  const [late, onTime] = [new RescueStage(NOTHING), new RescueStage('rules: [{ name: all, keep: 100% }]')];
  for (const under of [late, onTime]) {
    under.send(ID, spans(40));
    under.pass(1000);
  }
  late.send(ID, [LATE_ERROR]);
  onTime.send(ID, [LATE_ERROR]);
  for (const under of [late, onTime]) under.pass(2000);
  expect(storedSpans(late, ID)).toEqual(storedSpans(onTime, ID));
});

test('edges and calls are counted once, whether a trace comes back or not', () => {
  const edges = (under: RescueStage): unknown => under.edges();
  const [back, gone] = [new RescueStage(NOTHING), new RescueStage(NOTHING, { ring: false })];
  for (const under of [back, gone]) {
    under.send(ID, [
      { id: '1', service: 'a', start: 0, end: 9, kind: 3 },
      { id: '2', parent: '1', service: 'b', start: 1, end: 8, kind: 2 },
    ]);
    under.pass(1000);
    under.send(ID, [LATE_ERROR]);
    under.pass(2000);
  }
  expect(back.stored.size).toBe(1);
  const counted = edges(back);
  expect(counted).toMatchObject([{ calls: 1 }]);
  expect(counted).toEqual(edges(gone));
});

test('a condition with keep: 0% is final for what happens by itself, not for a person', async () => {
  const under = new RescueStage(
    'rules: [{ name: health, when: { root: { service: s0 } }, keep: 0% }, { name: rest, keep: 0% }]',
  );
  under.send(ID, spans());
  under.pass(1000);
  under.send(ID, [LATE_ERROR]);
  under.logError(ID);
  under.pass(1000);
  expect(under.stored.size).toBe(0);
  expect(under.lateErrors()).toEqual({ final: 1 });
  expect(await under.stage.rescue.request(ask({ trace_ids: [ID], why: 'opened' }), under.nowMs, pause)).toMatchObject({
    trace_ids: [ID],
    not_found: [],
    more: false,
  });
  under.pass(1000);
  expect(storedSpans(under, ID)).toEqual(bytesOf(ID, [...spans(), LATE_ERROR]));
  expect(under.unaccounted).toBe(0);
});

test('without a ring, or without that trigger, late errors are counted and let go', () => {
  for (const under of [new RescueStage(NOTHING, { ring: false }), new RescueStage(NOTHING, { triggers: ['link'] })]) {
    under.send(ID, spans());
    under.pass(1000);
    under.send(ID, [LATE_ERROR]);
    under.logError(ID);
    under.pass(1000);
    expect(under.stored.size).toBe(0);
    expect(under.lateErrors()).toEqual({ expired: 1 });
    expect(under.unaccounted).toBe(0);
  }
});

test('what the ring has forgotten does not come back', () => {
  const under = new RescueStage(NOTHING, { maxBytes: 256 * 1024 });
  under.send(ID, spans());
  under.pass(1000);
  for (let n = 1; n < 1500; n++) {
    under.send(n.toString(16).padStart(32, '0'), spans(3, { attributes: { pad: `${n} `.repeat(40) } }));
    if (n % 100 === 0) under.pass(1000);
  }
  under.send(ID, [LATE_ERROR]);
  under.pass(1000);
  expect(under.stored.size).toBe(0);
  expect(under.lateErrors()).toEqual({ expired: 1 });
  expect(under.unaccounted).toBe(0);
});

test.each(['after the decision', 'before the decision', 'before the first span'])(
  'an error log brings its trace back: %s',
  (when) => {
    const under = new RescueStage(NOTHING);
    if (when === 'before the first span') under.logError(ID);
    under.send(ID, spans());
    if (when === 'before the decision') under.logError(ID);
    under.pass(1000);
    if (when === 'after the decision') under.logError(ID);
    under.pass(1000);
    expect(storedSpans(under, ID)).toEqual(bytesOf(ID, spans()));
    expect(under.stored.get(ID)).toMatchObject({ rule: 'rescue:error-log', weight: 1 });
    expect(under.unaccounted).toBe(0);
  },
);

test.each(['after', 'before'])(
  'a link of a kept trace brings its target back, which stands for nothing: decided %s the target',
  (order) => {
    const under = new RescueStage(
      'rules: [{ name: one, when: { root: { service: linking } }, keep: 100% }, { name: rest, keep: 0% }]',
    );
    const linking: PlainSpan[] = [
      {
        id: '5',
        service: 'linking',
        start: 0,
        end: 1,
        links: [
          { trace: ID, span: '1' },
          { trace: OTHER, span: '1' },
        ],
      },
    ];
    if (order === 'before') under.send('0123'.padEnd(32, '4'), linking);
    if (order === 'before') under.pass(1000);
    // The target links on, to a trace that nothing else asks for.
    under.send(ID, [{ ...spans(1)[0]!, links: [{ trace: '9'.repeat(32), span: '1' }] }]);
    under.send('9'.repeat(32), spans());
    under.pass(1000);
    if (order === 'after') under.send('0123'.padEnd(32, '4'), linking);
    under.pass(2000);
    expect([...under.stored.keys()].sort()).toEqual([ID, '0123'.padEnd(32, '4')].sort());
    expect(under.stored.get(ID)).toMatchObject({ rule: 'rescue:link', weight: 0, thresholdHi: HALF });
    expect(under.unaccounted).toBe(0);
  },
);

test('a person brings back traces by id, by service, name, error and age, up to a limit', async () => {
  const under = new RescueStage(NOTHING);
  const ids = Array.from({ length: 30 }, (_, n) => (n + 1).toString(16).padStart(32, '0'));
  for (const [n, id] of ids.entries()) {
    under.send(id, [
      { id: '1', service: `s${n % 3}`, name: `op ${n % 5}`, start: 0, end: 9, ...(n % 2 === 0 && { status: 2 }) },
      { id: '2', parent: '1', service: 'everywhere', start: 1, end: 2 },
    ]);
    under.pass(500);
  }
  under.pass(1000);
  const request = (asked: unknown): Promise<string[]> =>
    under.stage.rescue.request(ask(asked), under.nowMs, pause).then((answer) => answer!.trace_ids);
  const wanted = ids.filter((_, n) => n % 3 === 1 && n % 2 === 0 && n % 5 === 4);
  expect(wanted.length).toBe(1);
  expect((await request({ service: 's1', error: true, name: 'op 4' })).sort()).toEqual(wanted);
  // Named together, one span must be all of it.
  expect(await request({ service: 'everywhere', error: true })).toEqual([]);
  expect((await request({ service: 's1', last: '5s' })).every((id) => ids.indexOf(id) >= 18)).toBe(true);
  const limited = await under.stage.rescue.request(ask({ service: 'everywhere', limit: 4 }), under.nowMs, pause);
  expect(limited).toMatchObject({ more: true });
  expect(limited!.trace_ids.length).toBe(4);
  expect(
    await under.stage.rescue.request(ask({ trace_ids: [ids[0], 'e'.repeat(32)] }), under.nowMs, pause),
  ).toMatchObject({ trace_ids: [ids[0]], not_found: ['e'.repeat(32)] });
  under.pass(2000);
  expect(under.stored.get(ids[0]!)).toMatchObject({ rule: 'rescue:requested', weight: 0 });
  expect(under.stored.get(wanted[0]!)).toMatchObject({ weight: 0 });
  expect(await request({ trace_ids: [ids[0]] })).toEqual([]);
  expect(under.unaccounted).toBe(0);
  expect(
    await new RescueStage(NOTHING, { ring: false }).stage.rescue.request(ask({ last: '1m' }), 0, pause),
  ).toBeUndefined();
});

test('a person finds a trace by its name, although the name was forgotten or found no room among names', async () => {
  const under = new RescueStage(NOTHING);
  const request = (name: string): Promise<string[]> =>
    under.stage.rescue.request(ask({ name }), under.nowMs, pause).then((answer) => answer!.trace_ids);
  const { names } = under.stage.memory;
  under.send(ID, [{ id: '1', service: 'a', name: 'pay', start: 0, end: 9 }]);
  under.pass(2000);
  names.release(new Uint8Array(names.capacity));
  for (let i = 0; i < 10; i++) names.internText(`another ${i}`);
  expect(await request('another 0')).toEqual([]);
  expect(await request('pay')).toEqual([ID]);
  const long = 'x'.repeat(MAX_INTERNED_BYTES + 1);
  under.send('2'.repeat(32), [{ id: '1', service: 'a', name: long, start: 0, end: 9 }]);
  under.pass(2000);
  expect(await request(long)).toEqual(['2'.repeat(32)]);
});

test.each([
  {},
  { trace_ids: [] },
  { trace_ids: ['x'] },
  { service: '' },
  { last: 'soon' },
  { last: '10m', limit: 0 },
  { last: '10m', limit: 100_000 },
  { last: '10m', unknown: 1 },
])('refuses %j with the reason', (request) => {
  const parsed = RescueRequest.safeParse(request);
  expect(parsed.success).toBe(false);
  expect(parsed.error?.issues[0]?.message).not.toBe('');
});

test('of traces turned away under overload no span is late', () => {
  const overload = { leastHi: HALF / 2 };
  const under = new RescueStage(ERRORS, {}, overload);
  under.send(DROPPED_ID, spans(3, { status: 2 }));
  under.send(DROPPED_ID, [LATE_ERROR]);
  under.pass(1000);
  expect(under.lateErrors()).toEqual({});
  expect(under.unaccounted).toBe(0);
});

test('more is asked for than there is room: the rest is refused, nothing is lost', () => {
  const under = new RescueStage(NOTHING, { maxBytes: 2 ** 24 }, { leastHi: 0 }, 60_000);
  const id = (n: number): string => (n + 1).toString(16).padStart(32, '0');
  for (let n = 0; n < 6000; n++) {
    under.send(id(n), spans(2));
    if (n % 500 === 499) under.pass(1000);
  }
  for (let n = 0; n < 6000; n++) under.send(id(n), [LATE_ERROR]);
  under.pass(10_000);
  const { rescued = 0, expired = 0 } = under.lateErrors();
  expect(rescued + expired).toBe(6000);
  expect(rescued).toBe(4096);
  expect(under.stored.size).toBe(4096);
  expect(under.unaccounted).toBe(0);
});
