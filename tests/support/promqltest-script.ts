// Reads promqltest scripts: clear, load and eval commands with their expectations.
import { parseDurationMs } from '#query/promql/literals.ts';
import { parseSeriesLine, readNumber, type SeriesLine } from './promqltest-series.ts';

export interface Load {
  readonly kind: 'load';
  readonly stepMs: number;
  readonly asNative: boolean;
  readonly series: readonly SeriesLine[];
}

interface Expectation {
  readonly kind: 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info' | 'ordered';
  readonly text?: string;
  readonly regex?: RegExp;
}

export interface Eval {
  readonly kind: 'eval';
  readonly line: number;
  readonly query: string;
  readonly at:
    | { readonly type: 'instant'; readonly timeMs: number }
    | { readonly type: 'range'; readonly startMs: number; readonly endMs: number; readonly stepMs: number };
  readonly expectations: readonly Expectation[];
  readonly series: readonly SeriesLine[];
  /** `expect range vector from a to b step s`. */
  readonly matrix?: { readonly startMs: number; readonly stepMs: number };
  readonly text?: string;
  readonly scalar?: number;
}

export type Command = { readonly kind: 'clear' } | Load | Eval;

function ms(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const plain = text.replace(/^-/, '');
  return sign * (parseDurationMs(plain) ?? Math.round(Number(plain) * 1000));
}

function unquoteLoosely(text: string): string {
  const trimmed = text.trim();
  const match = /^(["'`])(.*)\1$/s.exec(trimmed);
  return match === null ? trimmed : (match[2] ?? '').replaceAll('\\"', '"');
}

function readExpectation(line: string): Expectation | undefined {
  const match = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/.exec(line);
  if (match === null) return undefined;
  const kind = match[1] as Expectation['kind'];
  if (match[3] === undefined) return { kind };
  return match[2] === 'regex'
    ? { kind, regex: new RegExp(unquoteLoosely(match[3])) }
    : { kind, text: unquoteLoosely(match[3]) };
}

function readEval(head: string, body: readonly string[], line: number): Eval {
  const instant = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(\S+)\s+)?(.+)$/.exec(head);
  const range = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/.exec(head);
  const old = instant?.[1] ?? range?.[1];
  const expectations: Expectation[] = old === undefined ? [] : [{ kind: old as Expectation['kind'] }];
  const series: SeriesLine[] = [];
  const extra: { matrix?: { startMs: number; stepMs: number }; text?: string; scalar?: number } = {};
  for (const text of body) {
    const expectation = readExpectation(text);
    const matrix = /^expect\s+range\s+vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/.exec(text);
    const string = /^expect\s+string\s+(.*)$/s.exec(text);
    if (expectation !== undefined) expectations.push(expectation);
    else if (matrix !== null) extra.matrix = { startMs: ms(matrix[1] ?? ''), stepMs: ms(matrix[3] ?? '') };
    else if (string !== null) extra.text = unquoteLoosely(string[1] ?? '');
    else if (text.startsWith('expected_fail')) expectations.push({ kind: 'fail', text: text.replace(/^\S+\s+/, '') });
    else if (/^[+-]?(?:[\d.]|inf|nan)/i.test(text) && !/[{\s]/.test(text)) extra.scalar = readNumber(text);
    else series.push(parseSeriesLine(text));
  }
  const at =
    instant !== null
      ? { type: 'instant' as const, timeMs: ms(instant[2] ?? '0') }
      : {
          type: 'range' as const,
          startMs: ms(range?.[2] ?? ''),
          endMs: ms(range?.[3] ?? ''),
          stepMs: ms(range?.[4] ?? ''),
        };
  return { kind: 'eval', line, query: instant?.[3] ?? range?.[5] ?? '', at, expectations, series, ...extra };
}

/** All commands of a script. Throws on a line it cannot read, naming the line. */
export function parseScript(script: string): Command[] {
  const raw = script.split('\n');
  const lines = raw.map((line) => (line.trim().startsWith('#') ? '' : line.trim()));
  const commands: Command[] = [];
  for (let at = 0; at < lines.length; at++) {
    const head = lines[at] ?? '';
    if (head === '') continue;
    const start = at + 1;
    const body: string[] = [];
    // A comment does not end a block, an empty line does; `clear` has none.
    const goesOn = (next: number): boolean =>
      next < lines.length && (lines[next] !== '' || (raw[next] ?? '').trim().startsWith('#'));
    if (head !== 'clear') {
      while (goesOn(at + 1)) {
        at++;
        if (lines[at] !== '') body.push(lines[at] ?? '');
      }
    }
    try {
      const load = /^load(?:_(with_nhcb))?\s+(.+?)$/.exec(head);
      if (head === 'clear') commands.push({ kind: 'clear' });
      else if (load !== null)
        commands.push({
          kind: 'load',
          stepMs: ms(load[2] ?? ''),
          asNative: load[1] !== undefined,
          series: body.map(parseSeriesLine),
        });
      else if (head.startsWith('eval')) commands.push(readEval(head, body, start));
      else throw new Error(`unknown command: ${head}`);
    } catch (error) {
      throw new Error(`line ${start}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  return commands;
}
