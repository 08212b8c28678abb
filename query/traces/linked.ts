// Traces that one trace is linked with, stored or not, and how long the whole took from the first start to the last end.
import type { LinkedTrace } from '#proto/api/trace.ts';
import { numberOf, textOf, type Database, type Row } from '../store/database.ts';
import { decodeLink } from './decode-event.ts';

/** Linked traces of one answer, and links of one trace that are read: a batch has a hundred. */
const MAX_LINKED = 500;
const MAX_LINKS = 10_000;
/** How far consumers of consumers are followed. */
const MAX_HOPS = 4;
const IDS = '(SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))';

interface Found {
  readonly direction: LinkedTrace['direction'];
  readonly hops: number;
  /** What the link itself tells of the other side. */
  readonly service: string;
  readonly name: string;
}

export interface LinkedTraces {
  readonly linked: LinkedTrace[];
  readonly endToEndNs: number;
}

/**
 * @param inTrace condition on `spans` that selects the trace, with its bindings
 * @param hasLinks whether some span of the trace has links
 */
export async function linkedTraces(
  db: Database,
  trace: { readonly id: string; readonly start: string; readonly durationNs: number },
  spans: {
    readonly where: string;
    readonly bindings: Readonly<Record<string, string | readonly string[] | readonly bigint[]>>;
    readonly hasLinks: boolean;
  },
): Promise<LinkedTraces> {
  const found = new Map<string, Found>();
  if (spans.hasLinks) {
    const rows = await db.rows(
      `SELECT base64Encode(arrayJoin(links)) FROM spans WHERE ${spans.where} AND notEmpty(links) LIMIT {limit:UInt32}`,
      { ...spans.bindings, limit: MAX_LINKS },
    );
    for (const row of rows) {
      const { trace_id: id } = decodeLink(Buffer.from(textOf(row[0]), 'base64'));
      if (id.length === 32 && id !== trace.id && !found.has(id) && found.size < MAX_LINKED)
        found.set(id, { direction: 'upstream', hops: 1, service: '', name: '' });
    }
  }
  await followDownstream(db, trace.id, found);
  if (found.size === 0) return { linked: [], endToEndNs: trace.durationNs };
  const ids = [...found.keys()];
  const [stored, decided] = await Promise.all([
    db.rows(
      `SELECT lower(hex(trace_id)), 'kept', any(rule), max(root_service), max(root_name), toUnixTimestamp64Nano(min(start)), max(duration_ns) FROM traces WHERE trace_id IN ${IDS} GROUP BY trace_id`,
      { ids },
    ),
    db.rows(
      `SELECT lower(hex(trace_id)), argMin(decision, decided_at), argMin(rule, decided_at), argMin(root_service, decided_at), argMin(root_name, decided_at),
         toUnixTimestamp64Nano(argMin(start, decided_at)), argMin(duration_ns, decided_at), lower(leftPad(hex(argMin(threshold, decided_at)), 14, '0')), lower(right(hex(argMin(randomness, decided_at)), 14))
       FROM decisions WHERE trace_id IN ${IDS} GROUP BY trace_id`,
      { ids },
    ),
  ]);
  const known = new Map<string, Row>();
  for (const row of [...decided, ...stored]) known.set(textOf(row[0]), row);
  const isStored = new Set(stored.map((row) => textOf(row[0])));
  const linked = [...found].map(([id, link]) => linkedTrace(id, link, known.get(id), isStored.has(id)));
  return { linked, endToEndNs: endToEnd(trace, linked) };
}

/** Who points at the trace, and at those, and so on. */
async function followDownstream(db: Database, traceId: string, found: Map<string, Found>): Promise<void> {
  let ids = [traceId];
  for (let hops = 1; hops <= MAX_HOPS && ids.length > 0; hops++) {
    const rows = await db.rows(
      `SELECT lower(hex(source_trace_id)) AS id, any(source_service), any(source_name) FROM links WHERE target_trace_id IN ${IDS} GROUP BY id ORDER BY min(source_start) LIMIT {limit:UInt32}`,
      { ids, limit: MAX_LINKED },
    );
    ids = [];
    for (const row of rows) {
      const id = textOf(row[0]);
      if (id === traceId || found.has(id) || found.size >= MAX_LINKED) continue;
      found.set(id, { direction: 'downstream', hops, service: textOf(row[1]), name: textOf(row[2]) });
      ids.push(id);
    }
  }
}

function linkedTrace(id: string, link: Found, row: Row | undefined, isStored: boolean): LinkedTrace {
  const base = { trace_id: id, direction: link.direction, hops: link.hops };
  if (row === undefined) {
    const reason =
      'Winnow knows no decision for it: it still waits, its decision is past retention, or no span of it arrived.';
    return {
      ...base,
      state: 'unknown',
      root_service: link.service,
      root_name: link.name,
      start: '0',
      duration_ns: 0,
      rule: '',
      reason,
    };
  }
  const rule = textOf(row[2]) === '' ? 'no rule' : `rule “${textOf(row[2])}”`;
  const wasKept = textOf(row[1]) === 'kept';
  const reason = isStored
    ? `Kept by ${rule}.`
    : wasKept
      ? `Kept by ${rule}, but past retention or still on its way to the store.`
      : `Sampled out: ${rule}, threshold T = ${textOf(row[7])} is above its randomness R = ${textOf(row[8])}.`;
  return {
    ...base,
    state: wasKept ? 'kept' : 'dropped',
    root_service: textOf(row[3]),
    root_name: textOf(row[4]),
    start: textOf(row[5]),
    duration_ns: numberOf(row[6]),
    rule: textOf(row[2]),
    reason,
  };
}

/** From the first start of what led here to the last end of what followed. */
function endToEnd(trace: { start: string; durationNs: number }, linked: readonly LinkedTrace[]): number {
  let first = BigInt(trace.start);
  let last = first + BigInt(Math.round(trace.durationNs));
  for (const { start, duration_ns: duration } of linked) {
    if (start === '0') continue;
    const begin = BigInt(start);
    const end = begin + BigInt(Math.max(0, Math.round(duration)));
    if (begin < first) first = begin;
    if (end > last) last = end;
  }
  return Number(last - first);
}
