// The typed warnings of one trace: which repair was made, and at which node. Bounded, reused, no object per warning.

/** Kinds in the order of their numbers (other programs rely on the names). */
export const WARNING_KINDS = [
  'missing_parent',
  'duplicate_span',
  'conflicting_span',
  'shared_span_id',
  'self_parent',
  'cycle',
  'several_roots',
  'bad_parent_id',
  'bad_link_id',
  'end_before_start',
  'zero_time',
  'clock_infeasible',
  'clock_kept_raw',
  'clock_own_bounds',
] as const;
export type WarningKind = (typeof WARNING_KINDS)[number];

export const WARN_MISSING_PARENT = 0;
export const WARN_DUPLICATE_SPAN = 1;
export const WARN_CONFLICTING_SPAN = 2;
export const WARN_SHARED_SPAN_ID = 3;
export const WARN_SELF_PARENT = 4;
export const WARN_CYCLE = 5;
export const WARN_SEVERAL_ROOTS = 6;
export const WARN_BAD_PARENT_ID = 7;
export const WARN_BAD_LINK_ID = 8;
export const WARN_END_BEFORE_START = 9;
export const WARN_ZERO_TIME = 10;
export const WARN_CLOCK_INFEASIBLE = 11;
export const WARN_CLOCK_KEPT_RAW = 12;
export const WARN_CLOCK_OWN_BOUNDS = 13;

/** Warnings stored with a trace; a page with more than these helps nobody. */
export const MAX_WARNINGS = 1000;
/** Warnings whose node is known at all, for the report of repairs: more than a trace may have spans. 5 B each, once per process. */
const MAX_NOTED = 1 << 21;

export class TraceWarnings {
  /** Warnings stored with the trace: kind[0, count) and node[0, count). */
  count = 0;
  /** Warnings whose node is known: kind[0, noted) and node[0, noted). */
  noted = 0;
  kind = new Uint8Array(MAX_WARNINGS);
  node = new Int32Array(MAX_WARNINGS);
  /** All warnings by kind. */
  readonly total = new Uint32Array(WARNING_KINDS.length);

  clear(): void {
    this.count = 0;
    this.noted = 0;
    this.total.fill(0);
  }

  add(kind: number, node: number): void {
    this.total[kind]!++;
    if (this.noted === this.kind.length && !this.#grow()) return;
    this.kind[this.noted] = kind;
    this.node[this.noted++] = node;
    if (this.count < MAX_WARNINGS) this.count++;
  }

  #grow(): boolean {
    if (this.noted >= MAX_NOTED) return false;
    const kind = new Uint8Array(this.noted * 2);
    kind.set(this.kind);
    this.kind = kind;
    const node = new Int32Array(this.noted * 2);
    node.set(this.node);
    this.node = node;
    return true;
  }
}

export function warningName(kind: number): WarningKind {
  return WARNING_KINDS[kind] ?? 'conflicting_span';
}
