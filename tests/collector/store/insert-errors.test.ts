// What an error of an insert says about the store and about the block.
import { expect, it } from 'vitest';
import { classifyInsertError } from '#collector/store/insert-errors.ts';

const of = (code: string | number | undefined, type = '', message = 'made up'): { kind: string; name: string } => {
  const { kind, name } = classifyInsertError(
    Object.assign(new Error(message), { ...(code !== undefined && { code }), type }),
  );
  return { kind, name };
};

it('what is no answer is a store that is away', () => {
  expect(of('ECONNREFUSED')).toEqual({ kind: 'away', name: 'ECONNREFUSED' });
  expect(of(undefined)).toEqual({ kind: 'away', name: 'NO_ANSWER' });
  expect(classifyInsertError('broken')).toEqual({ kind: 'away', scope: 'store', name: 'NO_ANSWER', text: 'broken' });
});

it.each([
  [60, 'UNKNOWN_TABLE'],
  [81, 'UNKNOWN_DATABASE'],
  [164, 'READONLY'],
  [242, 'TABLE_IS_READ_ONLY'],
  [497, 'ACCESS_DENIED'],
  [516, 'AUTHENTICATION_FAILED'],
  [243, 'NOT_ENOUGH_SPACE'],
])('%d %s holds for every block: away', (code, name) => {
  expect(of(String(code), name)).toEqual({ kind: 'away', name });
  expect(of(code)).toEqual({ kind: 'away', name });
});

it.each([
  [252, 'TOO_MANY_PARTS'],
  [241, 'MEMORY_LIMIT_EXCEEDED'],
  [202, 'TOO_MANY_SIMULTANEOUS_QUERIES'],
  [159, 'TIMEOUT_EXCEEDED'],
  [209, 'SOCKET_TIMEOUT'],
  [210, 'NETWORK_ERROR'],
  [236, 'ABORTED'],
  [1002, 'UNKNOWN_EXCEPTION'],
])('%d %s wants fewer or later inserts: overloaded', (code, name) => {
  expect(of(String(code), name)).toEqual({ kind: 'overloaded', name });
});

it.each([
  [307, 'TOO_MANY_BYTES'],
  [16, 'NO_SUCH_COLUMN_IN_TABLE'],
  [27, 'CANNOT_PARSE_INPUT_ASSERTION_FAILED'],
  [117, 'INCORRECT_DATA'],
  [9_999, 'SOMETHING_NEW'],
])('%d %s speaks of the block: refused', (code, name) => {
  expect(of(String(code), name)).toEqual({ kind: 'refused', name });
});

// ClickHouse has dozens of codes for calls that its system refuses (CANNOT_PIPE, CANNOT_FORK, CANNOT_FSTAT, CANNOT_STATVFS, …).
it.each([
  [
    72,
    'CANNOT_PIPE',
    'Cannot create pipe: , errno: 24, strerror: Too many open files: While executing File: data for INSERT was parsed from file. ',
  ],
  [9_998, 'CANNOT_DO_SOMETHING', 'Cannot do it, errno: 23, strerror: Too many open files in system'],
  [
    88,
    'CANNOT_CREATE_DIRECTORY',
    `Cannot create ${'/a long path'.repeat(40)}, errno: 28, strerror: No space left on device`,
  ],
  [48, 'NOT_IMPLEMENTED', 'Could not do it: , errno: 5, strerror: Input/output error'],
])('%d %s is what the system says to the server, whatever the code: away', (code, name, message) => {
  expect(of(String(code), name, message)).toEqual({ kind: 'away', name });
});

it('some of them speak of one table only', () => {
  expect(
    [60, 252, 242, 241, 307, 'ECONNRESET'].map(
      (code) => classifyInsertError(Object.assign(new Error(''), { code: String(code) })).scope,
    ),
  ).toEqual(['table', 'table', 'table', 'store', 'store', 'store']);
});

it('a name is fit for a label, whatever the server writes', () => {
  expect(of('307', 'x'.repeat(100))).toEqual({ kind: 'refused', name: 'CODE_307' });
  expect(of('252', '')).toEqual({ kind: 'overloaded', name: 'TOO_MANY_PARTS' });
  expect(
    classifyInsertError(Object.assign(new Error(`${'long '.repeat(200)}\nsecond line`), { code: '1' })).text,
  ).toHaveLength(300);
});
