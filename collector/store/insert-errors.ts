// What an error of an insert says: the store as a whole accepts nothing, the store has too much to do, or the store refuses this one block.
import { isRecord } from '#proto/model/untyped.ts';

/**
 * away: no answer, or an answer that holds for every block (no such user, database or table; read-only; its disk is full; its system
 * refuses a call, as when there are no file descriptors).
 * overloaded: the store answers, and asks for fewer or later inserts. refused: the error is about this block.
 */
export type InsertErrorKind = 'away' | 'overloaded' | 'refused';

export interface InsertError {
  readonly kind: InsertErrorKind;
  /** Whether it holds for the table of the block only, or for the whole store. Of a refusal it says nothing. */
  readonly scope: 'table' | 'store';
  /** Name of ClickHouse's code, such as TOO_MANY_BYTES; of other errors their code, such as ECONNREFUSED. Few enough to be a label. */
  readonly name: string;
  /** One line. */
  readonly text: string;
}

// Numbers and names: ClickHouse, src/Common/ErrorCodes.cpp.
const AWAY_CODES: ReadonlyMap<number, string> = new Map([
  [60, 'UNKNOWN_TABLE'],
  [74, 'CANNOT_READ_FROM_FILE_DESCRIPTOR'],
  [75, 'CANNOT_WRITE_TO_FILE_DESCRIPTOR'],
  [76, 'CANNOT_OPEN_FILE'],
  [81, 'UNKNOWN_DATABASE'],
  [83, 'CANNOT_CLOSE_FILE'],
  [84, 'DIRECTORY_ALREADY_EXISTS'],
  [95, 'CANNOT_READ_FROM_SOCKET'],
  [96, 'CANNOT_WRITE_TO_SOCKET'],
  [147, 'CANNOT_TRUNCATE_FILE'],
  [164, 'READONLY'],
  [192, 'UNKNOWN_USER'],
  [193, 'WRONG_PASSWORD'],
  [194, 'REQUIRED_PASSWORD'],
  [195, 'IP_ADDRESS_NOT_ALLOWED'],
  [198, 'DNS_ERROR'],
  [201, 'QUOTA_EXCEEDED'],
  [218, 'TABLE_IS_DROPPED'],
  [225, 'NO_ZOOKEEPER'],
  [242, 'TABLE_IS_READ_ONLY'],
  [243, 'NOT_ENOUGH_SPACE'],
  [246, 'CORRUPTED_DATA'],
  [279, 'ALL_CONNECTION_TRIES_FAILED'],
  [285, 'TOO_FEW_LIVE_REPLICAS'],
  [286, 'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE'],
  [288, 'DISTRIBUTED_TOO_MANY_PENDING_BYTES'],
  [305, 'TABLES_DIFFER_TOO_MUCH'],
  [336, 'UNKNOWN_DATABASE_ENGINE'],
  [497, 'ACCESS_DENIED'],
  [516, 'AUTHENTICATION_FAILED'],
  [519, 'ALL_REPLICAS_LOST'],
  [999, 'KEEPER_EXCEPTION'],
]);
const OVERLOAD_CODES: ReadonlyMap<number, string> = new Map([
  [159, 'TIMEOUT_EXCEEDED'],
  [160, 'TOO_SLOW'],
  [173, 'CANNOT_ALLOCATE_MEMORY'],
  [202, 'TOO_MANY_SIMULTANEOUS_QUERIES'],
  [209, 'SOCKET_TIMEOUT'],
  [210, 'NETWORK_ERROR'],
  [236, 'ABORTED'],
  [241, 'MEMORY_LIMIT_EXCEEDED'],
  [252, 'TOO_MANY_PARTS'],
  [319, 'UNKNOWN_STATUS_OF_INSERT'],
  [364, 'IMPOSSIBLE_TO_FIND_FREE_CONNECTION'],
  [394, 'QUERY_WAS_CANCELLED'],
  [439, 'CANNOT_SCHEDULE_TASK'],
  [473, 'DEADLOCK_AVOIDED'],
  [745, 'SERVER_OVERLOADED'],
  // Whatever else went wrong in the server, its disk included: nothing about the block.
  [1000, 'POCO_EXCEPTION'],
  [1001, 'STD_EXCEPTION'],
  [1002, 'UNKNOWN_EXCEPTION'],
]);

/** Of those above: they speak of one table, and others may be well. */
const TABLE_CODES: ReadonlySet<number> = new Set([60, 218, 242, 252]);

/** ClickHouse's words for a system call that failed: whatever the code, nothing about the block. */
const SYSTEM_ERROR = /\berrno: \d+, strerror: /;
const NAME = /^[A-Z][A-Z0-9_]{1,63}$/;
const MAX_TEXT = 300;

export function classifyInsertError(error: unknown): InsertError {
  const code = propertyOf(error, 'code');
  const text = textOf(error);
  if (!/^\d+$/.test(code)) return { kind: 'away', scope: 'store', name: NAME.test(code) ? code : 'NO_ANSWER', text };
  const number = Number(code);
  const type = propertyOf(error, 'type');
  const known = AWAY_CODES.get(number) ?? OVERLOAD_CODES.get(number);
  const name = NAME.test(type) ? type : (known ?? `CODE_${number}`);
  const scope = TABLE_CODES.has(number) ? 'table' : 'store';
  if (AWAY_CODES.has(number) || (!OVERLOAD_CODES.has(number) && SYSTEM_ERROR.test(messageOf(error))))
    return { kind: 'away', scope, name, text };
  return { kind: OVERLOAD_CODES.has(number) ? 'overloaded' : 'refused', scope, name, text };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || propertyOf(error, 'code') : String(error);
}

/** One line of an error, for the log. */
export function textOf(error: unknown): string {
  return messageOf(error).split('\n', 1)[0]!.slice(0, MAX_TEXT);
}

function propertyOf(error: unknown, name: 'code' | 'type'): string {
  const value = isRecord(error) && name in error ? error[name] : '';
  return String(value);
}
