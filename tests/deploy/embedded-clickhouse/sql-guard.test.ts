// What the endpoint lets through: one statement, no files.
import { describe, expect, it } from 'vitest';
import { guardStatement, insertFromFile, quoteString } from '#deploy/embedded-clickhouse/sql-guard.ts';

describe('the SQL guard', () => {
  it('refuses a second statement but not a semicolon in a string, a comment or at the end', () => {
    expect(() => guardStatement('SELECT 1; DROP TABLE t')).toThrow('Code: 62');
    expect(() => guardStatement("SELECT 'a\\'; SELECT 2'; SELECT 3")).toThrow('Code: 62');
    for (const sql of ["SELECT ';'", 'SELECT 1 -- ; x', 'SELECT 1 /* ; */', "SELECT 'it''s; fine'", 'SELECT 1;'])
      expect(guardStatement(sql).kind).toBe('select');
  });

  it.each([
    "SELECT file('/etc/passwd')",
    "SELECT FILE ('/etc/passwd')",
    'SELECT * APPLY(file)',
    'SELECT `file`(x)',
    'SELECT "file"(x)',
    'SELECT "fi\\x6ce"(x)',
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV",
    "SELECT * FROM file('/etc/passwd')",
    'SELECT $$file$$',
  ])('refuses every way to a file, spelled or quoted as it may be: %s', (sql) => {
    expect(() => guardStatement(sql)).toThrow('Code: 497');
  });

  it('quotes any value so that it neither ends the string nor the statement', () => {
    expect(quoteString("it's\\\0.")).toBe("'it\\'s\\\\\\0.'");
  });

  it('lets through what only looks like a file', () => {
    expect(guardStatement("SELECT 'file', {file_name:String} AS filename").kind).toBe('select');
  });

  it("knows the format at the end and puts an insert's file where it belongs", () => {
    expect(guardStatement('SELECT 1 FORMAT JSONEachRow ;').format).toBe('JSONEachRow');
    expect(guardStatement("SELECT 'x FORMAT CSV'").format).toBeUndefined();
    expect(insertFromFile(guardStatement('INSERT INTO t (a, b)\nFORMAT Native'), "/tmp/it's")).toBe(
      "INSERT INTO t (a, b) FROM INFILE '/tmp/it\\'s' COMPRESSION 'none' FORMAT Native",
    );
    expect(insertFromFile(guardStatement("INSERT INTO t (a) SETTINGS x='1' FORMAT Native"), '/f')).toBe(
      "INSERT INTO t (a) FROM INFILE '/f' COMPRESSION 'none' SETTINGS x='1' FORMAT Native",
    );
    expect(() => insertFromFile(guardStatement('INSERT INTO t (a)'), '/f')).toThrow('FORMAT');
  });
});
