// What must hold after every run, item by item; and what must hold while it goes on.
import type { Signal } from '#proto/otlp/signal.ts';
import { callOf, POINT_BASE } from '#tests/support/exact-load.ts';
import { storedRows, type StoredRows } from './stored-rows.ts';
import type { FaultKind, Schedule } from './schedule.ts';
import type { World } from './world.ts';

/** R of a trace at or above this is kept by `keep: 50%`: the first bit of the last 7 bytes of its id. */
const KEPT_FROM = 8;
const EXAMPLES = 5;
/** What was let in before a buffer was full may exceed its cap by so much: traces that wait for their decision become rows later. */
const OVER_CAP_BYTES = 2 * 1024 * 1024;
/** Faults after which memory alone has lost something. */
const ENDS_A_LIFE: readonly FaultKind[] = ['kill', 'orphan', 'power-cut', 'second', 'flip', 'terminate'];

/** What may be missing, or there twice, by the promises of the durability mode. */
interface Promises {
  readonly losesNothing: boolean;
  readonly doublesNothing: boolean;
}

function promisesOf({ durability, faults }: Schedule): Promises {
  const has = (...kinds: readonly FaultKind[]): boolean => faults.some(({ kind }) => kinds.includes(kind));
  if (durability === 'memory')
    return { losesNothing: !has(...ENDS_A_LIFE, 'disk-error', 'disk-full'), doublesNothing: !has(...ENDS_A_LIFE) };
  if (durability === 'written') return { losesNothing: !has('power-cut'), doublesNothing: !has('power-cut') };
  return { losesNothing: true, doublesNothing: true };
}

/** Looks at a running collector; call it now and then. */
export function watch(world: World, violations: Set<string>): void {
  const { schedule } = world;
  for (const { core, process } of world.collectors) {
    if (process.isDead || core === undefined) continue;
    const { pipeline, writer, gate } = core;
    if (gate.heldRequests > 0) world.reach('seen: requests held back');
    if (writer?.full === true) world.reach('seen: the spool is full');
    if ((pipeline.durability?.bytes ?? 0) >= schedule.walBytes) world.reach('seen: the log is full');
    if ((writer?.awayMs ?? 0) > 0) world.reach('seen: the store is away');
    const bounds: readonly (readonly [what: string, bytes: number, cap: number])[] = [
      ['the spool', writer?.pendingBytes ?? 0, schedule.spoolBytes],
      ['the write-ahead log', pipeline.durability?.bytes ?? 0, schedule.walBytes],
      ['held requests', gate.heldBytes, 128 * 1024 * 1024],
    ];
    for (const [what, bytes, cap] of bounds)
      if (bytes > cap + OVER_CAP_BYTES) violations.add(`over cap: ${what} has ${bytes} bytes, ${cap} are allowed`);
    const { rowsUsed, rowCapacity } = pipeline.shardCounts();
    if (rowsUsed > rowCapacity) violations.add(`over cap: ${rowsUsed} spans are buffered, ${rowCapacity} are allowed`);
  }
}

/** Whether all is at rest: everything answered, decided, stored. */
export function isQuiet(world: World): boolean {
  if (world.clients.underWay + world.clients.planned > 0) return false;
  const collector = world.supervised;
  if (collector?.core === undefined || !collector.isListening || collector.core.store?.isReady() === false)
    return false;
  const { pipeline, writer } = collector.core;
  pipeline.shardCounts();
  const { traces, logs, metrics } = pipeline.ledger;
  return traces.pending === 0 && logs.pending === 0 && metrics.pending === 0 && writer?.pendingBytes === 0;
}

/** What a run that does not come to rest is waiting for. */
export function whyNotQuiet(world: World): string {
  const collector = world.supervised;
  const ledger = collector?.core?.pipeline.ledger;
  return [
    `${world.clients.underWay} requests under way, ${world.clients.planned} copies to come`,
    collector?.core === undefined
      ? 'no collector'
      : collector.isListening
        ? collector.core.store?.isReady() === false
          ? 'ClickHouse does not answer'
          : ''
        : 'the collector has not started',
    `pending: ${ledger?.traces.pending} spans, ${ledger?.logs.pending} log records, ${ledger?.metrics.pending} points`,
    `spool: ${collector?.core?.writer?.pendingBytes} bytes`,
    ...world.failedStarts.slice(-1),
  ]
    .filter((part) => part !== '')
    .join('; ');
}

export function check(world: World, violations: Set<string>): void {
  const { clients, schedule, store } = world;
  const rows = storedRows(store.blocks.values(), POINT_BASE);
  const promises = promisesOf(schedule);
  for (const line of store.wrong) violations.add(line);
  for (const line of clients.refusedForGood.slice(0, EXAMPLES)) violations.add(`refused for good: ${line}`);
  const kept = keptSpans(world);
  const stored = { traces: rows.spans, logs: rows.logs, metrics: rows.points };
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const isKept = (item: number): boolean => signal !== 'traces' || kept === undefined || kept.has(item);
    const lost = [...clients.acknowledged[signal]].filter(
      (item) => isKept(item) && !stored[signal].has(item) && !clients.destroyed[signal].has(item),
    );
    if (promises.losesNothing && lost.length > 0) violations.add(`lost: ${named(signal, lost)}`);
    const doubled = [...stored[signal]]
      .filter(
        ([item, times]) => times > 1 && !clients.destroyed[signal].has(item) && !clients.forgotten[signal].has(item),
      )
      .map(([item]) => item);
    if (promises.doublesNothing && doubled.length > 0) violations.add(`doubled: ${named(signal, doubled)}`);
    const strange = [...stored[signal].keys()].filter((item) => !clients.sent[signal].has(item) || !isKept(item));
    if (strange.length > 0)
      violations.add(`stored although it was never sent, or sampled out: ${named(signal, strange)}`);
  }
  if (promises.losesNothing && promises.doublesNothing) checkCounts(world, rows, violations);
  checkLedger(
    world,
    promises,
    { traces: rowsIn(rows.spans), logs: rowsIn(rows.logs), metrics: rowsIn(rows.points) },
    violations,
  );
  checkAudit(world, promises, violations);
  const full = world.reached.get('disk: ENOSPC') ?? 0;
  if (full > 0 && !schedule.faults.some(({ kind }) => kind === 'disk-full'))
    violations.add(`full disk: ${full} writes found no room, although nobody else took the reserve`);
}

/** Spans whose trace is to be kept; undefined = all. */
function keptSpans(world: World): ReadonlySet<number> | undefined {
  return world.schedule.isSampled
    ? new Set([...world.clients.spansOfTraces].flatMap(([id, spans]) => (isKept(id) ? spans : [])))
    : undefined;
}

function isKept(traceId: string): boolean {
  return Number.parseInt(traceId.charAt(18), 16) >= KEPT_FROM;
}

/** RED, edges and summaries against the spans that are stored. */
function checkCounts({ clients, schedule }: World, rows: StoredRows, violations: Set<string>): void {
  if (clients.destroyed.traces.size > 0 || clients.forgotten.traces.size > 0) return;
  if (!schedule.isSampled && rows.redCalls !== rows.spans.size)
    violations.add(`RED: ${rows.redCalls} calls, ${rows.spans.size} spans`);
  if (
    schedule.isSampled &&
    (rows.redCalls < clients.acknowledged.traces.size || rows.redCalls > clients.sent.traces.size)
  )
    violations.add(`RED: ${rows.redCalls} calls, ${clients.acknowledged.traces.size} spans acknowledged`);
  const calls = clients.load.traces.reduce(
    (sum, trace) => sum + (trace.isWhole && callOf(trace).every((span) => rows.spans.has(span)) ? 1 : 0),
    0,
  );
  // Spans that come again with others may be there before the rest of their trace: their calls are found later, or not at all.
  const isInPieces = schedule.faults.some(({ kind }) => kind === 'overlaps');
  if (!schedule.isSampled && (rows.edgeCalls > calls || (rows.edgeCalls < calls && !isInPieces)))
    violations.add(`edges: ${rows.edgeCalls} calls, ${calls} were made`);
  for (const [id, spans] of rows.traceSpans) {
    const counted = rows.traceCounts.get(id) ?? 0;
    if (counted !== spans)
      violations.add(`traces.span_count: ${counted} in the summary of a trace with ${spans} spans`);
  }
}

function checkLedger(
  world: World,
  promises: Promises,
  rows: Readonly<Record<Signal, number>>,
  violations: Set<string>,
): void {
  const collector = world.supervised;
  if (collector?.core === undefined) return;
  const { pipeline } = collector.core;
  const { ledger } = pipeline;
  if (!pipeline.shardCounts().isBalanced) violations.add('ledger: the shard does not balance');
  const isExact =
    promises.losesNothing &&
    promises.doublesNothing &&
    !world.schedule.faults.some(({ kind }) => kind === 'flip' || kind === 'store-loses-part');
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const { imbalance, stored } = ledger[signal];
    if (isExact && imbalance !== 0) violations.add(`ledger: ${signal} have an imbalance of ${imbalance}`);
    if (isExact && stored !== rows[signal])
      violations.add(`ledger: ${stored} of ${signal} are stored by the ledger, ${rows[signal]} are`);
    for (const [reason, items] of ledger[signal].droppedByReason()) {
      if (
        reason !== 'duplicate_span' &&
        promises.losesNothing &&
        !world.schedule.faults.some(({ kind }) => kind === 'store-refuses' || kind === 'flip')
      )
        violations.add(`dropped: ${items} ${signal} for "${reason}"`);
    }
  }
}

/** The audit says what is missing, and nothing else. */
function checkAudit(
  { supervised, clients, schedule, store }: World,
  { losesNothing, doublesNothing }: Promises,
  violations: Set<string>,
): void {
  const audit = supervised?.core?.store?.audit;
  if (audit === undefined) {
    violations.add('audit: there is none');
    return;
  }
  const { missing, doubled, failure, checked_ms: checkedMs, below_reserve: belowReserve } = audit.status();
  if (checkedMs === null || failure !== null) violations.add(`audit: the last check failed (${failure})`);
  if (belowReserve > 0) violations.add(`audit: ${belowReserve} items were acknowledged while the reserve was used up`);
  const isSafe = losesNothing && doublesNothing;
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    let lost = 0;
    for (const [token, block] of store.lost)
      if (block.signal === signal && !store.blocks.has(token)) lost += block.rows;
    // What was stored in seconds that a clock that is set back has not reached again is not compared yet.
    const seesAll = !schedule.faults.some(({ kind }) => kind === 'clock');
    // Of what a flipped byte destroyed the ledger or the audit knows.
    const destroyed = clients.destroyed[signal].size;
    if (isSafe && (missing[signal] > lost + destroyed || (seesAll && missing[signal] < lost)))
      violations.add(`audit: ${missing[signal]} of ${signal} are missing by the audit, ${lost} are`);
    if (isSafe && doubled[signal] !== 0 && clients.destroyed[signal].size === 0)
      violations.add(`audit: ${doubled[signal]} of ${signal} are doubled by the audit`);
  }
}

function rowsIn(timesOf: ReadonlyMap<number, number>): number {
  let rows = 0;
  for (const times of timesOf.values()) rows += times;
  return rows;
}

function named(signal: Signal, items: readonly number[]): string {
  return `${items.length} of ${signal} (${items.slice(0, EXAMPLES).join(', ')}${items.length > EXAMPLES ? ', …' : ''})`;
}
