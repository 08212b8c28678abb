// Which traces were decided since the last commit, and up to which span: what a commit records for those that read the log after a crash.
import { traceIdOfBytes, type TraceId } from '#proto/model/ids.ts';
import type { Decision, TraceView } from '../model/trace.ts';
import { readSafeInteger, writeSafeInteger } from './safe-integer.ts';

/** Bytes of an entry: trace id 16, spans covered 8, threshold 8, start 8, rule 2, kept 1, without th 1. */
const ENTRY_BYTES = 44;
/** Rules are numbered in 16 bits. */
const MAX_RULES = 65_535;

export interface DecidedTrace {
  /** 32 hex digits. */
  readonly traceId: TraceId;
  /** Its spans with a lower number were decided with it. */
  readonly coveredTo: number;
  readonly thresholdHi: number;
  readonly thresholdLo: number;
  readonly startHi: number;
  readonly startLo: number;
  readonly rule: string;
  readonly keep: boolean;
  /** Whether its threshold is written on its spans. */
  readonly writesTh: boolean;
}

/** Entries as they stand in a commit, and the names of the rules that they refer to by number. */
export interface DecidedEntries {
  readonly entries: Uint8Array;
  readonly rules: readonly string[];
}

export class DecidedTraces {
  #bytes = Buffer.alloc(ENTRY_BYTES * 1024);
  #count = 0;
  #rules = new Map<string, number>();

  get count(): number {
    return this.#count;
  }

  /** Adds what was gathered elsewhere, with other numbers of rules. */
  addEntries({ entries, rules }: DecidedEntries): void {
    const from = this.#count * ENTRY_BYTES;
    this.#reserve(from + entries.length);
    this.#bytes.set(entries, from);
    const numbers = rules.map((rule) => this.#ruleNumber(rule));
    for (let at = from; at < from + entries.length; at += ENTRY_BYTES)
      this.#bytes.writeUInt16LE(numbers[this.#bytes.readUInt16LE(at + 40)] ?? MAX_RULES, at + 40);
    this.#count += entries.length / ENTRY_BYTES;
  }

  /** HOT: per decided trace. @param coveredTo number of the next span to come */
  add(view: TraceView, decision: Decision, rule: string, coveredTo: number): void {
    const at = this.#count * ENTRY_BYTES;
    this.#reserve(at + ENTRY_BYTES);
    const bytes = this.#bytes;
    bytes.writeUInt32BE(view.id0 >>> 0, at);
    bytes.writeUInt32BE(view.id1 >>> 0, at + 4);
    bytes.writeUInt32BE(view.id2 >>> 0, at + 8);
    bytes.writeUInt32BE(view.id3 >>> 0, at + 12);
    writeSafeInteger(bytes, at + 16, coveredTo);
    bytes.writeUInt32LE(decision.thresholdHi, at + 24);
    bytes.writeUInt32LE(decision.thresholdLo, at + 28);
    bytes.writeUInt32LE(view.startHi, at + 32);
    bytes.writeUInt32LE(view.startLo, at + 36);
    bytes.writeUInt16LE(this.#ruleNumber(rule), at + 40);
    bytes[at + 42] = decision.keep ? 1 : 0;
    bytes[at + 43] = decision.writesTh === false ? 1 : 0;
    this.#count++;
  }

  /** What was added since the last call, and the names that its entries refer to. */
  take(): { entries: Buffer; rules: string[] } {
    const taken = {
      entries: Buffer.from(this.#bytes.subarray(0, this.#count * ENTRY_BYTES)),
      rules: [...this.#rules.keys()],
    };
    this.#count = 0;
    this.#rules = new Map();
    return taken;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(bytes, this.#bytes.length * 2));
    this.#bytes.copy(larger);
    this.#bytes = larger;
  }

  #ruleNumber(rule: string): number {
    let number = this.#rules.get(rule);
    if (number === undefined) {
      number = Math.min(this.#rules.size, MAX_RULES);
      if (number < MAX_RULES) this.#rules.set(rule, number);
    }
    return number;
  }
}

export function* decidedTracesIn(entries: Buffer, rules: readonly string[]): Generator<DecidedTrace> {
  for (let at = 0; at + ENTRY_BYTES <= entries.length; at += ENTRY_BYTES) {
    yield {
      traceId: traceIdOfBytes(entries, at),
      coveredTo: readSafeInteger(entries, at + 16),
      thresholdHi: entries.readUInt32LE(at + 24),
      thresholdLo: entries.readUInt32LE(at + 28),
      startHi: entries.readUInt32LE(at + 32),
      startLo: entries.readUInt32LE(at + 36),
      rule: rules[entries.readUInt16LE(at + 40)] ?? '',
      keep: entries[at + 42] === 1,
      writesTh: entries[at + 43] === 0,
    };
  }
}
