// What traces say about calls between services, packed into numbers: calls that are known whole, and spans whose other side is in spans that are
// decided at another time, or by another shard. Whoever joins them reads the facts in the order in which they were added.
import type { SpanIds } from '#proto/model/ids.ts';
import { STATUS_ERROR } from '#proto/otlp/enums.ts';
import { MARK_MESSAGING } from '../../model/span-table.ts';
import type { EdgeSpans } from './edge-spans.ts';

/** Facts of a span: its kind in the lowest bits, and these. */
export const KIND_BITS = 7;
export const SPAN_FAILED = 8;
/** It refers to the other span by a link, not as its parent. */
export const SPAN_BY_LINK = 16;
export const SPAN_MESSAGING = 32;

/** First number of a fact: what it is. The others in the order of the parameters of {@link EdgeFacts}. */
const WEIGHT = 0;
const CALL = 1;
const SENT = 2;
const CALLED = 3;
const CALLEE = 4;
const ARRIVED = 5;
const CONSUMED = 6;

const FIRST_NUMBERS = 4096;
/** Numbers of the longest fact. */
const MOST_OF_FACT = 13;
/** With more numbers facts are handed over at once. */
const MAX_NUMBERS = 65_536;

/** Times of a span, halves of Unix ns. */
export interface SpanTimes {
  startHi: number;
  startLo: number;
  endHi: number;
  endLo: number;
}

/** Who joins them. Ids and times are valid during the call. */
export interface EdgeFactReader {
  /** Adjusted count of every fact that is added from now on: above 1 where overload turned other traces away. */
  weigh(weight: number): void;
  /** @param facts CALL_… @param lagNs below 0: none */
  addCall(caller: number, callee: number, slot: number, durationNs: number, facts: number, lagNs: number): void;
  /** A span that sends messages. @param queue virtual node, or the empty slot */
  addSender(ids: SpanIds, service: number, queue: number, times: SpanTimes): void;
  /** A span that calls, and whose callee has not been seen. */
  addCaller(ids: SpanIds, service: number, kind: number, times: SpanTimes): void;
  /** A span whose caller is not decided with it. @param ids of the caller @param facts of the span */
  addCallee(ids: SpanIds, service: number, facts: number, times: SpanTimes): void;
  /** A late span: its callees may have been seen before it. @param facts of the span */
  addArrived(ids: SpanIds, service: number, facts: number, times: SpanTimes): void;
  /** A consumer whose parent is not decided with it. @param ids of the parent @param isKept its trace is kept */
  addConsumer(ids: SpanIds, service: number, isKept: boolean): void;
}

export class EdgeFacts {
  #numbers = new Float64Array(FIRST_NUMBERS);
  #length = 0;
  #weight = 1;
  readonly #handOver: (facts: Float64Array) => void;

  /** @param handOver uses the facts before it returns, or copies them: their array is filled again afterwards */
  constructor(handOver: (facts: Float64Array) => void) {
    this.#handOver = handOver;
  }

  /** Hands over what has gathered since the last time, if anything. */
  flush(): void {
    if (this.#length === 0) return;
    this.#handOver(this.#numbers.subarray(0, this.#length));
    this.#length = 0;
    this.#weight = 1;
  }

  /** HOT: per trace. */
  weigh(weight: number): void {
    if (weight === this.#weight) return;
    const at = this.#reserve();
    this.#numbers[at] = WEIGHT;
    this.#numbers[at + 1] = weight;
    this.#length = at + 2;
    this.#weight = weight;
  }

  /** HOT: per call between services. */
  addCall(caller: number, callee: number, slot: number, durationNs: number, facts: number, lagNs: number): void {
    const at = this.#reserve();
    const numbers = this.#numbers;
    numbers[at] = CALL;
    numbers[at + 1] = caller;
    numbers[at + 2] = callee;
    numbers[at + 3] = slot;
    numbers[at + 4] = durationNs;
    numbers[at + 5] = facts;
    numbers[at + 6] = lagNs;
    this.#length = at + 7;
  }

  /** HOT */
  addSender(spans: EdgeSpans, row: number, queue: number): void {
    const { endHi, endLo } = spans.rows;
    this.#addIds(SENT, spans.ids(row), spans.service(row), queue, endHi[row]!, endLo[row]!);
  }

  /** HOT */
  addCaller(spans: EdgeSpans, row: number): void {
    const { kind, endHi, endLo } = spans.rows;
    this.#addIds(CALLED, spans.ids(row), spans.service(row), kind[row]!, endHi[row]!, endLo[row]!);
  }

  /** HOT: per orphan. @param ids of the caller @param how {@link SPAN_BY_LINK} or 0 */
  addCallee(spans: EdgeSpans, row: number, ids: SpanIds, how: number): void {
    const { startHi, startLo, endHi, endLo } = spans.rows;
    this.#addIds(CALLEE, ids, spans.service(row), how + factsOf(spans, row), endHi[row]!, endLo[row]!);
    this.#numbers[this.#length] = startHi[row]!;
    this.#numbers[this.#length + 1] = startLo[row]!;
    this.#length += 2;
  }

  /** HOT: per late span. */
  addArrived(spans: EdgeSpans, row: number): void {
    const { endHi, endLo } = spans.rows;
    this.#addIds(ARRIVED, spans.ids(row), spans.service(row), factsOf(spans, row), endHi[row]!, endLo[row]!);
  }

  /** HOT for orphans. @param ids of the parent */
  addConsumer(ids: SpanIds, service: number, isKept: boolean): void {
    this.#addIds(CONSUMED, ids, service, isKept ? 1 : 0, 0, 0);
  }

  #addIds(what: number, ids: SpanIds, service: number, more: number, endHi: number, endLo: number): void {
    const at = this.#reserve();
    const numbers = this.#numbers;
    numbers[at] = what;
    numbers[at + 1] = ids.id0;
    numbers[at + 2] = ids.id1;
    numbers[at + 3] = ids.id2;
    numbers[at + 4] = ids.id3;
    numbers[at + 5] = ids.spanHi;
    numbers[at + 6] = ids.spanLo;
    numbers[at + 7] = service;
    numbers[at + 8] = more;
    numbers[at + 9] = endHi;
    numbers[at + 10] = endLo;
    this.#length = at + 11;
  }

  /** Room for one more fact. Returns where it begins. */
  #reserve(): number {
    if (this.#length >= MAX_NUMBERS) {
      const weight = this.#weight;
      this.flush();
      this.weigh(weight);
    }
    if (this.#length + MOST_OF_FACT > this.#numbers.length) {
      const longer = new Float64Array(this.#numbers.length * 2);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    return this.#length;
  }
}

/** Reads facts: one object for the ids and one for the times of all of them. */
export class EdgeFactsWalk {
  readonly #ids = { id0: 0, id1: 0, id2: 0, id3: 0, spanHi: 0, spanLo: 0 };
  readonly #times: SpanTimes = { startHi: 0, startLo: 0, endHi: 0, endLo: 0 };

  /** HOT: gives the facts to a reader, in their order. */
  read(facts: Float64Array, reader: EdgeFactReader): void {
    reader.weigh(1);
    for (let at = 0; at < facts.length;) {
      const what = facts[at]!;
      if (what === CALL) {
        reader.addCall(facts[at + 1]!, facts[at + 2]!, facts[at + 3]!, facts[at + 4]!, facts[at + 5]!, facts[at + 6]!);
        at += 7;
      } else if (what === WEIGHT) {
        reader.weigh(facts[at + 1]!);
        at += 2;
      } else at = this.#readSpan(what, facts, at, reader);
    }
  }

  /** Returns where the next fact begins. */
  #readSpan(what: number, facts: Float64Array, at: number, reader: EdgeFactReader): number {
    const ids = this.#ids;
    const times = this.#times;
    ids.id0 = facts[at + 1]!;
    ids.id1 = facts[at + 2]!;
    ids.id2 = facts[at + 3]!;
    ids.id3 = facts[at + 4]!;
    ids.spanHi = facts[at + 5]!;
    ids.spanLo = facts[at + 6]!;
    const service = facts[at + 7]!;
    const more = facts[at + 8]!;
    times.endHi = facts[at + 9]!;
    times.endLo = facts[at + 10]!;
    if (what === CALLEE) {
      times.startHi = facts[at + 11]!;
      times.startLo = facts[at + 12]!;
      reader.addCallee(ids, service, more, times);
      return at + 13;
    }
    if (what === SENT) reader.addSender(ids, service, more, times);
    else if (what === CALLED) reader.addCaller(ids, service, more, times);
    else if (what === ARRIVED) reader.addArrived(ids, service, more, times);
    else reader.addConsumer(ids, service, more === 1);
    return at + 11;
  }
}

/** HOT */
function factsOf({ rows }: EdgeSpans, row: number): number {
  return (
    rows.kind[row]! +
    (rows.status[row] === STATUS_ERROR ? SPAN_FAILED : 0) +
    ((rows.marks[row]! & MARK_MESSAGING) === 0 ? 0 : SPAN_MESSAGING)
  );
}
