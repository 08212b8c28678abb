// Rows of decided traces on their way from the shard that decided them to the encoders of the store, as plain data: spans as packed bytes and
// numbers, everything that there is once per trace as objects.
import { asBuffer } from '#collector/model/as-buffer.ts';
import type { DecisionRow } from '#collector/store/tables/decisions-table.ts';
import type { LinkRow } from '#collector/store/tables/links-table.ts';
import type { ResourceRow, ScopeRow } from '#collector/store/tables/resource-tables.ts';
import { newSpanRowContext, type SpanRowContext } from '#collector/store/tables/spans-table.ts';
import type { TraceRow } from '#collector/store/tables/traces-table.ts';
import type { TraceTables } from './trace-tables.ts';

/** Span bytes of a batch: with more it is handed over at once, in the middle of a trace if need be. */
const MAX_BATCH_BYTES = 1024 * 1024;
/** What was grown for one large span is given back. */
const MOST_KEPT_BYTES = 4 * MAX_BATCH_BYTES;
const FIRST_BYTES = 64 * 1024;
const FIRST_SPANS = 256;
/** Numbers of a context in {@link SpanRows.contexts}, in the order of {@link packContext}. */
const CONTEXT_NUMBERS = 11;

/** What the spans of one trace, resource and scope have in common beside their bytes. */
interface ContextTexts {
  readonly service: Uint8Array;
  readonly randomness: string | undefined;
}

interface SpanRows {
  readonly count: number;
  /** The Span messages, one behind the other. Valid until the call that hands them over returns. */
  readonly bytes: Uint8Array;
  /** Per span: where its bytes end, and the number of its context. */
  readonly ends: Uint32Array;
  readonly contextOf: Uint32Array;
  /** {@link CONTEXT_NUMBERS} numbers per context. */
  readonly contexts: Float64Array;
  readonly texts: readonly ContextTexts[];
}

export interface DecidedRows {
  readonly resources: readonly ResourceRow[];
  readonly scopes: readonly ScopeRow[];
  readonly spans: SpanRows;
  readonly links: readonly LinkRow[];
  readonly decisions: readonly DecisionRow[];
  readonly traces: readonly TraceRow[];
}

const NO_SPANS: SpanRows = {
  count: 0,
  bytes: new Uint8Array(0),
  ends: new Uint32Array(0),
  contextOf: new Uint32Array(0),
  contexts: new Float64Array(0),
  texts: [],
};

/** Gathers rows, and hands them over in batches. */
export class DecidedRowsBatch implements TraceTables {
  readonly resources = {
    append: (row: ResourceRow): void => {
      this.#resources.push({ ...row });
    },
  };
  readonly scopes = {
    append: (row: ScopeRow): void => {
      this.#scopes.push({ ...row });
    },
  };
  readonly spans = {
    append: (bytes: Buffer, from: number, to: number, row: SpanRowContext): void => this.#addSpan(bytes, from, to, row),
  };
  readonly links = {
    append: (row: LinkRow): void => {
      // Copies: slice() of a Buffer would be another view of the bytes that the next row fills.
      const targetTraceId = new Uint8Array(row.targetTraceId);
      this.#links.push({ ...row, targetTraceId, targetSpanId: new Uint8Array(row.targetSpanId) });
    },
  };
  readonly decisions = {
    append: (row: DecisionRow): void => {
      this.#decisions.push(row);
    },
  };
  readonly traces = {
    append: (row: TraceRow): void => {
      this.#traces.push(row);
    },
  };
  readonly #handOver: (rows: DecidedRows) => void;
  #resources: ResourceRow[] = [];
  #scopes: ScopeRow[] = [];
  #links: LinkRow[] = [];
  #decisions: DecisionRow[] = [];
  #traces: TraceRow[] = [];
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;
  #ends = new Uint32Array(FIRST_SPANS);
  #contextOf = new Uint32Array(FIRST_SPANS);
  #count = 0;
  #contexts = new Float64Array(FIRST_SPANS * CONTEXT_NUMBERS);
  #texts: ContextTexts[] = [];

  /** @param handOver uses the batch before it returns, or copies it: its arrays are filled again afterwards */
  constructor(handOver: (rows: DecidedRows) => void) {
    this.#handOver = handOver;
  }

  /** Hands over what has gathered since the last time, if anything. */
  flush(): void {
    const count = this.#count;
    if (
      count + this.#decisions.length + this.#traces.length + this.#links.length === 0 &&
      this.#resources.length + this.#scopes.length === 0
    )
      return;
    const rows: DecidedRows = {
      resources: this.#resources,
      scopes: this.#scopes,
      spans:
        count === 0
          ? NO_SPANS
          : {
              count,
              bytes: this.#bytes.subarray(0, this.#length),
              ends: this.#ends.subarray(0, count),
              contextOf: this.#contextOf.subarray(0, count),
              contexts: this.#contexts.subarray(0, this.#texts.length * CONTEXT_NUMBERS),
              texts: this.#texts,
            },
      links: this.#links,
      decisions: this.#decisions,
      traces: this.#traces,
    };
    this.#handOver(rows);
    if (this.#resources.length > 0) this.#resources = [];
    if (this.#scopes.length > 0) this.#scopes = [];
    if (this.#links.length > 0) this.#links = [];
    if (this.#decisions.length > 0) this.#decisions = [];
    if (this.#traces.length > 0) this.#traces = [];
    if (this.#texts.length > 0) this.#texts = [];
    this.#count = 0;
    this.#length = 0;
    if (this.#bytes.length > MOST_KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  /** HOT: per kept span. */
  #addSpan(bytes: Buffer, from: number, to: number, row: SpanRowContext): void {
    const end = this.#length + to - from;
    if (end > this.#bytes.length) this.#growBytes(end);
    bytes.copy(this.#bytes, this.#length, from, to);
    this.#length = end;
    if (this.#count === this.#ends.length) {
      this.#ends = longer(this.#ends);
      this.#contextOf = longer(this.#contextOf);
    }
    this.#ends[this.#count] = end;
    this.#contextOf[this.#count++] = this.#contextNumber(row);
    if (end >= MAX_BATCH_BYTES) this.flush();
  }

  /** HOT: per kept span. Its neighbour's context, or a new one. */
  #contextNumber(row: SpanRowContext): number {
    const last = this.#texts.length - 1;
    if (last >= 0) {
      const texts = this.#texts[last]!;
      if (
        texts.service === row.serviceBytes &&
        texts.randomness === row.randomness &&
        hasContext(this.#contexts, last * CONTEXT_NUMBERS, row)
      )
        return last;
    }
    const at = (last + 1) * CONTEXT_NUMBERS;
    if (at === this.#contexts.length) {
      const wider = new Float64Array(at * 2);
      wider.set(this.#contexts);
      this.#contexts = wider;
    }
    packContext(this.#contexts, at, row);
    this.#texts.push({ service: row.serviceBytes, randomness: row.randomness });
    return last + 1;
  }

  #growBytes(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Appends a batch to the tables of the store: what others point at comes first. */
export function appendDecidedRows(rows: DecidedRows, tables: TraceTables): void {
  for (const row of rows.resources)
    tables.resources.append({ ...row, message: asBuffer(row.message), schemaUrl: asBuffer(row.schemaUrl) });
  for (const row of rows.scopes)
    tables.scopes.append({ ...row, message: asBuffer(row.message), schemaUrl: asBuffer(row.schemaUrl) });
  appendSpans(rows.spans, tables);
  for (const row of rows.links) tables.links.append(row);
  for (const row of rows.decisions) tables.decisions.append(row);
  for (const row of rows.traces) tables.traces.append(row);
}

/** HOT: per kept span. */
function appendSpans({ count, bytes, ends, contextOf, contexts, texts }: SpanRows, tables: TraceTables): void {
  if (count === 0) return;
  const buffer = asBuffer(bytes);
  let row: SpanRowContext | undefined;
  let context = -1;
  let from = 0;
  for (let i = 0; i < count; i++) {
    if (row === undefined || contextOf[i] !== context) {
      context = contextOf[i]!;
      row = contextAt(contexts, context * CONTEXT_NUMBERS, texts[context]!, row);
    }
    tables.spans.append(buffer, from, ends[i]!, row);
    from = ends[i]!;
  }
}

/** @param reused is filled anew; undefined: a first one is made */
function contextAt(
  numbers: Float64Array,
  at: number,
  { service, randomness }: ContextTexts,
  reused: SpanRowContext | undefined,
): SpanRowContext {
  const row = reused ?? newSpanRowContext();
  row.traceStartHi = numbers[at]!;
  row.traceStartLo = numbers[at + 1]!;
  row.skewNs = numbers[at + 2]!;
  row.skewErrorNs = numbers[at + 3]!;
  row.thresholdHi = numbers[at + 4]!;
  row.thresholdLo = numbers[at + 5]!;
  row.weight = numbers[at + 6]!;
  row.resourceIdHi = numbers[at + 7]!;
  row.resourceIdLo = numbers[at + 8]!;
  row.scopeIdHi = numbers[at + 9]!;
  row.scopeIdLo = numbers[at + 10]!;
  row.serviceBytes = asBuffer(service);
  row.randomness = randomness;
  return row;
}

function packContext(numbers: Float64Array, at: number, row: SpanRowContext): void {
  numbers[at] = row.traceStartHi;
  numbers[at + 1] = row.traceStartLo;
  numbers[at + 2] = row.skewNs;
  numbers[at + 3] = row.skewErrorNs;
  numbers[at + 4] = row.thresholdHi;
  numbers[at + 5] = row.thresholdLo;
  numbers[at + 6] = row.weight;
  numbers[at + 7] = row.resourceIdHi;
  numbers[at + 8] = row.resourceIdLo;
  numbers[at + 9] = row.scopeIdHi;
  numbers[at + 10] = row.scopeIdLo;
}

/** HOT */
function hasContext(numbers: Float64Array, at: number, row: SpanRowContext): boolean {
  return (
    numbers[at + 7] === row.resourceIdHi &&
    numbers[at + 8] === row.resourceIdLo &&
    numbers[at + 10] === row.scopeIdLo &&
    numbers[at + 9] === row.scopeIdHi &&
    numbers[at + 2] === row.skewNs &&
    numbers[at + 3] === row.skewErrorNs &&
    numbers[at + 1] === row.traceStartLo &&
    numbers[at] === row.traceStartHi &&
    numbers[at + 4] === row.thresholdHi &&
    numbers[at + 5] === row.thresholdLo &&
    numbers[at + 6] === row.weight
  );
}

function longer(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(array.length * 2);
  copy.set(array);
  return copy;
}
