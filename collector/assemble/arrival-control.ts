// What the assembler asks before it takes in a trace that it does not hold yet: is there room and time for it? Implemented by collector/overload.
import type { SpanColumns } from './span-columns.ts';

export interface ArrivalControl {
  /** T_min in force, its high half of 28 bits (the low one is 0); 0 = every trace is taken in. It stays with a trace for life. */
  readonly leastHi: number;
  /** Under which rule such traces are remembered. */
  readonly rule: number;
  /**
   * HOT: per trace that is new, where leastHi is above 0. Whether its randomness is below T_min: then the trace is remembered as dropped
   * under {@link rule}, and its spans are dropped.
   * @param span its first span, a row of the columns @param body what the columns were read from @param leastHi T_min, high half
   */
  sheds(columns: SpanColumns, span: number, body: Buffer, leastHi: number, nowMs: number): boolean;
  /** Whether that T_min turns the trace of a span away. */
  turnsAway(columns: SpanColumns, span: number, body: Buffer, leastHi: number): boolean;
}
