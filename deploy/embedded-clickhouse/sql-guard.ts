// Reads just enough SQL to keep the endpoint within its promise: one statement, no access to files, and the places
// where an INSERT's data file and the answer's format go. A defence in depth: only holders of the secret get here.

export interface Statement {
  kind: 'insert' | 'select' | 'other';
  /** It changes tables, or only what is in them. */
  writes: 'tables' | 'rows' | undefined;
  /** Without a trailing semicolon. */
  sql: string;
  /** Of the FORMAT clause at the end, when there is one. */
  format: string | undefined;
}

const TABLE_WORDS = new Set(['create', 'alter', 'rename', 'exchange', 'attach', 'undrop']);
const ROW_WORDS = new Set(['insert', 'drop', 'truncate', 'optimize', 'detach', 'delete', 'update']);
const FORBIDDEN_WORDS = new Set(['file', 'infile', 'outfile', 'executable']);

/** Checks one statement. Throws an Error in ClickHouse's wording (codes 62 and 497) when it is refused. */
export function guardStatement(text: string): Statement {
  const words: string[] = [];
  let end = text.length;
  let i = 0;
  while (i < text.length) {
    const c = text[i]!;
    if (c === "'" || c === '"' || c === '`') {
      const close = quotedEnd(text, i);
      if (c !== "'") {
        const inside = text.slice(i + 1, close - 1);
        if (inside.includes('\\')) throw refused('a quoted identifier with an escape');
        forbid(inside);
      }
      i = close;
    } else if ((c === '-' && text[i + 1] === '-') || c === '#') {
      i = lineEnd(text, i);
    } else if (c === '/' && text[i + 1] === '*') {
      const close = text.indexOf('*/', i + 2);
      i = close < 0 ? text.length : close + 2;
    } else if (c === '$') {
      throw refused('a heredoc or a name with $');
    } else if (c === ';') {
      end = i;
      if (text.slice(i + 1).trim() !== '')
        throw new Error('Code: 62. DB::Exception: Multi-statements are not allowed. (SYNTAX_ERROR)');
      break;
    } else if (/[A-Za-z_]/.test(c)) {
      let j = i + 1;
      while (j < text.length && /[A-Za-z0-9_]/.test(text[j]!)) j++;
      const word = text.slice(i, j);
      forbid(word);
      words.push(word.toLowerCase());
      i = j;
    } else {
      i++;
    }
  }
  const sql = text.slice(0, end).trim();
  const first = words[0];
  const kind = first === 'insert' ? 'insert' : first === 'select' || first === 'with' ? 'select' : 'other';
  return {
    kind,
    writes: TABLE_WORDS.has(first ?? '') ? 'tables' : ROW_WORDS.has(first ?? '') ? 'rows' : undefined,
    sql,
    format: /\sFORMAT\s+(\w+)\s*$/i.exec(sql)?.[1],
  };
}

/** Turns `INSERT INTO t (…) [SETTINGS …] FORMAT F` whose data is in `path` into one that reads the file. */
export function insertFromFile(insert: Statement, path: string): string {
  if (insert.format === undefined)
    throw new Error('Code: 62. DB::Exception: INSERT with a body needs a FORMAT clause. (SYNTAX_ERROR)');
  const head = insert.sql.replace(/\sFORMAT\s+\w+\s*$/i, '');
  const settings = /\sSETTINGS\s[^()]*$/i.exec(head);
  const target = settings === null ? head : head.slice(0, settings.index);
  return `${target} FROM INFILE ${quoteString(path)} COMPRESSION 'none'${settings?.[0] ?? ''} FORMAT ${insert.format}`;
}

/** A string literal of ClickHouse. A NUL would end the statement on its way into the engine: it goes as an escape. */
export function quoteString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;
}

function quotedEnd(text: string, start: number): number {
  const quote = text[start];
  let i = start + 1;
  while (i < text.length) {
    if (text[i] === '\\') i += 2;
    else if (text[i] !== quote) i++;
    else if (text[i + 1] === quote) i += 2;
    else return i + 1;
  }
  return text.length;
}

function lineEnd(text: string, start: number): number {
  const newline = text.indexOf('\n', start);
  return newline < 0 ? text.length : newline + 1;
}

function forbid(word: string): void {
  if (FORBIDDEN_WORDS.has(word.toLowerCase())) throw refused(`'${word}'`);
}

function refused(what: string): Error {
  return new Error(
    `Code: 497. DB::Exception: ${what} is not allowed here: no access to files from SQL. (ACCESS_DENIED)`,
  );
}
