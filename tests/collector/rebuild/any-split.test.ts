// However a trace is split into parts, and in whatever order they come, its head is that of the whole in one part, which is the oracle here.
import type { ClickHouseClient } from '@clickhouse/client';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findStale, rebuildStored } from '#collector/rebuild/stored-traces.ts';
import { Rebuilder } from '#collector/rebuild/rebuilder.ts';
import { createStoreClient } from '#collector/store/client.ts';
import { Database } from '#query/store/database.ts';
import { WHOLE_SUMMARY } from '#query/store/traces/columns.ts';
import type { WholeSummary } from '#query/store/traces/contract.ts';
import { KEPT_TRACES } from '#query/store/traces/kept-traces.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { optionsOf } from '#tests/support/store-of.ts';
import { StoredStage } from '#tests/support/stored-stage.ts';
import type { PlainSpan } from '#tests/support/trace-builder.ts';

const TRACES = 150;
const DAMAGED = [1, 2, 3, 4];

let server: TestClickHouse;
let client: ClickHouseClient;
beforeAll(async () => {
  server = await startEmbeddedClickHouse();
  client = createStoreClient({ url: server.url });
  await makeTables(client);
}, 60_000);
afterAll(async () => {
  await client.close();
  await server.stop();
});

/** A trace, and its spans in parts in the order in which they come. */
const splitTrace = fc
  .record({
    count: fc.integer({ min: 2, max: 30 }),
    random: fc.array(fc.nat(1_000_000), { minLength: 200, maxLength: 200 }),
  })
  .map(({ count, random }) => {
    let next = 0;
    const draw = (below: number): number => random[next++ % random.length]! % below;
    const spans: PlainSpan[] = [];
    for (let i = 0; i < count; i++) {
      const start = draw(1000);
      const service = `s${draw(4)}`;
      const kind = draw(6);
      const name = `work ${draw(5)}`;
      const span: PlainSpan = { id: (i + 1).toString(16), service, name, kind, start, end: start + draw(900) - 20 };
      const parent = draw(10);
      if (i > 0 && parent < 8) span.parent = (draw(i) + 1).toString(16);
      else if (parent === 8) span.parent = (draw(count + 3) + 1).toString(16);
      if (draw(9) === 0) span.status = 2;
      if (draw(5) === 0)
        span.attributes = { 'db.system': 'sql', 'db.query.text': `SELECT ${draw(9)} FROM t${draw(2)}` };
      spans.push(span);
      const damage = DAMAGED[draw(12)];
      if (damage === 1) spans.push({ ...span });
      if (damage === 2) spans.push({ ...span, end: Number(span.end) + 1 + draw(50) });
      if (damage === 3) spans.push({ ...span, kind: 2, service: 'other', start: start + 3 });
      if (damage === 4)
        for (let j = 0; j < 6; j++)
          spans.push({ ...span, id: `f${i}${j}`, parent: span.id, start: start + j, end: start + j + 1 });
    }
    const parts: PlainSpan[][] = Array.from({ length: 2 + draw(3) }, () => []);
    for (const span of spans) parts[draw(parts.length)]!.push(span);
    return { spans, parts: parts.filter((part) => part.length > 0) };
  });

function comparable(summary: WholeSummary): unknown {
  const { traceId: _, placeNs: __, trigger: ___, warningKinds, warningSpans, ...head } = summary;
  const isLasting = (kind: string): boolean => kind === 'duplicate_span';
  return {
    ...head,
    serviceSpans: head.serviceSpans.toSorted((a, b) => (a.service < b.service ? -1 : 1)),
    criticalPath: head.criticalPath.toSorted((a, b) => (a.service < b.service ? -1 : 1)),
    hostOffsets: head.hostOffsets.map(({ host }) => host).toSorted(),
    spanRepeats: head.spanRepeats.map((run) => JSON.stringify(run)).toSorted(),
    warningKinds: warningKinds.filter((kind) => !isLasting(kind)).toSorted(),
    // The table keeps equal ones once when it merges rows.
    warningSpans: new Set(
      warningSpans.filter(({ kind }) => !isLasting(kind)).map(({ kind, spanId }) => `${kind} ${spanId}`),
    ),
  };
}

test(`${TRACES} random traces with random damage, each in one part and in several`, { timeout: 120_000 }, async () => {
  const stage: StoredStage = new StoredStage((row) => rebuilder.appended(row));
  const rebuilder = new Rebuilder({
    ask: async (question) =>
      question.kind === 'find'
        ? { kind: 'found', keys: await findStale(client, question.sinceS) }
        : { kind: 'rebuilt', traces: await rebuildStored(client, question.tasks) },
    append: (row) => stage.tables.traces.append(row),
    appendedRows: () => stage.tables.traces.appended,
    waitingRows: () => stage.tables.traces.rows,
    nowMs: () => stage.nowMs,
    onFailure: (message) => {
      throw new Error(message);
    },
  });
  const traces = fc.sample(splitTrace, { seed: 11, numRuns: TRACES });
  const wholeId = (i: number): string => (i + 1).toString(16).padStart(32, 'a');
  const partsId = (i: number): string => (i + 1).toString(16).padStart(32, 'b');
  for (const [i, { spans }] of traces.entries()) stage.send(wholeId(i), spans);
  for (let part = 0; part < 4; part++) {
    for (const [i, { parts }] of traces.entries()) {
      const spans = parts[part];
      if (spans !== undefined) stage.send(partsId(i), spans);
    }
    stage.pass(1000);
    // Some are put together in the middle.
    await stage.store(client);
    await rebuilder.turn();
  }
  const stale = await findStale(client, 0);
  expect(stale.length).toBeGreaterThan(5);
  while (rebuilder.queue.size > 0) {
    stage.pass(500);
    await stage.store(client);
    await rebuilder.turn();
  }
  await stage.store(client);
  expect(rebuilder.outcomes).toMatchObject({ too_large: 0, gone: 0, given_up: 0 });
  const database = new Database(optionsOf(server.url));
  const rows = await database.select(WHOLE_SUMMARY, `FROM ${KEPT_TRACES}`);
  await database.close();
  const byId = new Map(rows.map((row) => [row.traceId, row]));
  expect(rows).toHaveLength(2 * TRACES);
  for (const [i, trace] of traces.entries())
    expect(comparable(byId.get(partsId(i))!), `trace ${i}: ${JSON.stringify(trace)}`).toEqual(
      comparable(byId.get(wholeId(i))!),
    );
  // Nothing is left to do, also for who does not know what was done.
  expect(await findStale(client, 0)).toEqual([]);
});
