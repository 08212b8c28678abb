// Compares what is stored with what was acknowledged, number by number, and reads what Winnow itself says about it.
import { setTimeout as sleep } from 'node:timers/promises';
import { GAUGE, POINT_BASE } from '#tests/support/exact-load.ts';
import type { ExactClient, Numbers } from './exact-client.ts';
import type { WinnowUnderTest } from './winnow-under-test.ts';

const QUERY_MS = 120_000;
const EXAMPLES = 5;

export interface Comparison {
  readonly sent: number;
  readonly acknowledged: number;
  /** Distinct numbers that are stored. */
  readonly stored: number;
  /** Acknowledged and not stored. */
  readonly lost: number;
  /** Rows too many. */
  readonly doubled: number;
  readonly examples: string;
}

export interface Verification {
  readonly spans: Comparison;
  readonly logs: Comparison;
  readonly points: Comparison;
  readonly redCalls: number;
  /** Sum over the summaries of the traces. */
  readonly spanCount: number;
  readonly edgeCalls: number;
  /** Traces with one call from a service to another, of which a span is stored. */
  readonly edgesExpected: number;
  /** What the ledger says in the end, as JSON; undefined: it does not answer. */
  readonly ledger: string | undefined;
  /** Metrics about missing and doubled items, and those that count losses. */
  readonly alarms: Readonly<Record<string, number>>;
}

/** One query, as lines of tab-separated columns. */
export async function query(clickhouseUrl: string, sql: string): Promise<string[][]> {
  const url = new URL(clickhouseUrl);
  const response = await fetch(`http://${url.host}/?database=winnow&default_format=TabSeparated`, {
    method: 'POST',
    body: sql,
    headers: { authorization: `Basic ${Buffer.from(`${url.username}:${url.password}`).toString('base64')}` },
    signal: AbortSignal.timeout(QUERY_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${sql.slice(0, 100)}: ${text.slice(0, 300)}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** Waits until Winnow says that nothing is on its way. Returns whether it did. */
export async function comesToRest(winnow: WinnowUnderTest, withinMs: number): Promise<boolean> {
  for (const untilMs = performance.now() + withinMs; performance.now() < untilMs; await sleep(500)) {
    const ledger = await ledgerOf(winnow);
    if (ledger !== undefined && Object.values(ledger).every(({ pending }) => pending === 0)) return true;
  }
  return false;
}

/** Waits until the audit has looked twice since the call: a difference counts when two looks see it. Returns whether it did. */
export async function isAudited(winnow: WinnowUnderTest, withinMs: number): Promise<boolean> {
  const looks = new Set<number>([await auditedMs(winnow)]);
  for (const untilMs = performance.now() + withinMs; performance.now() < untilMs; await sleep(500)) {
    looks.add(await auditedMs(winnow));
    // The first value is of a look before the call, and the second may be of one that had begun by then.
    if (looks.size > 3) return true;
  }
  return false;
}

/** Unix ms of the last look that ended; 0 = there was none. */
async function auditedMs(winnow: WinnowUnderTest): Promise<number> {
  try {
    const { audit } = JSON.parse(await winnow.admin('/ledger')) as { audit?: { checked_ms: number | null } };
    return audit?.checked_ms ?? 0;
  } catch {
    return 0;
  }
}

async function ledgerOf(winnow: WinnowUnderTest): Promise<Record<string, { pending: number }> | undefined> {
  try {
    const all = JSON.parse(await winnow.admin('/ledger')) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(all).filter(([, entry]) => typeof entry === 'object' && entry !== null && 'pending' in entry),
    ) as Record<string, { pending: number }>;
  } catch {
    return undefined;
  }
}

/** @param clickhouseUrl where its rows can be asked for */
export async function verify(
  winnow: WinnowUnderTest,
  clickhouseUrl: string,
  { numbers, load }: ExactClient,
): Promise<Verification> {
  const ask = (sql: string): Promise<string[][]> => query(clickhouseUrl, sql);
  const number = async (sql: string): Promise<number> => Number((await ask(sql))[0]?.[0] ?? 0);
  const run = load.runIdHex.toUpperCase();
  const ours = `startsWith(hex(trace_id), '${run}')`;
  const spans = await ask(
    `SELECT reinterpretAsUInt32(reverse(substring(span_id, 5, 4))) AS seq, count() FROM spans WHERE ${ours} GROUP BY seq`,
  );
  const logs = await ask(
    `SELECT toUInt32OrZero(extract(body, ' line([0-9]+)$')) AS seq, count() FROM logs WHERE startsWith(body, '${load.logPrefix}') GROUP BY seq`,
  );
  const points = await ask(
    `SELECT toUInt64(value - ${POINT_BASE}) AS seq, count() FROM samples WHERE value >= ${POINT_BASE} AND id IN (SELECT id FROM series WHERE name = '${GAUGE}') GROUP BY seq`,
  );
  const stored = new Set(spans.map(([seq]) => Number(seq)));
  return {
    spans: compare(numbers.traces, spans),
    logs: compare(numbers.logs, logs),
    points: compare(numbers.metrics, points),
    redCalls: await number(`SELECT sum(calls) FROM red WHERE startsWith(service, 'exact-')`),
    spanCount: await number(`SELECT sum(span_count) FROM traces WHERE ${ours}`),
    edgeCalls: await number(
      `SELECT sum(calls) FROM edges WHERE startsWith(caller, 'exact-') AND startsWith(callee, 'exact-')`,
    ),
    edgesExpected: load.traces.reduce(
      (sum, { isWhole, firstSeq }) => sum + (isWhole && stored.has(firstSeq) ? 1 : 0),
      0,
    ),
    ledger: await winnow.admin('/ledger').catch(() => undefined),
    alarms: await alarmsOf(winnow),
  };
}

function compare(numbers: Numbers, rows: readonly (readonly string[])[]): Comparison {
  const stored = new Map(rows.map(([seq, count]) => [Number(seq), Number(count)]));
  const lost: number[] = [];
  for (let seq = 1; seq <= numbers.most; seq++) if (numbers.isAcknowledged(seq) && !stored.has(seq)) lost.push(seq);
  const doubled = [...stored].filter(([, count]) => count > 1);
  const examples = [
    ...lost.slice(0, EXAMPLES).map((seq) => `lost ${seq}`),
    ...doubled.slice(0, EXAMPLES).map(([seq, count]) => `${count} × ${seq}`),
  ];
  return {
    sent: numbers.most,
    acknowledged: numbers.acknowledged,
    stored: stored.size,
    lost: lost.length,
    doubled: doubled.reduce((sum, [, count]) => sum + count - 1, 0),
    examples: examples.join(', '),
  };
}

/** Names of metrics that are worth a look after an experiment. */
const WORTH =
  /^(winnow_(?:audit_(?:missing|doubled|below_reserve)|repeated|wal_damaged|spool_damaged|set_aside)\w*|winnow_\w*dropped\w*|winnow_\w*refused\w*)(?:\{(.*)\})? (\S+)$/;

async function alarmsOf(winnow: WinnowUnderTest): Promise<Record<string, number>> {
  const text = await winnow.admin('/metrics').catch(() => '');
  const found: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const match = WORTH.exec(line);
    if (match !== null && Number(match[3]) !== 0)
      found[match[2] === undefined ? match[1]! : `${match[1]}{${match[2]}}`] = Number(match[3]);
  }
  return found;
}
