// Reads scripts of the promqltest language: clear, load and eval commands with their expectations.
import { unquote } from '#query/promql/literals.ts';
import { parseSeriesDescription } from '#query/promql/parse-series.ts';
import { seriesValues, type SeriesValue } from '#query/promql/series-description.ts';
import { readDuration, readNumber } from '#query/promql/syntax/read-number.ts';
import type { LabelSet } from '#query/promql/labels.ts';
import {
  anyExpectation,
  checkExpectations,
  messageExpectation,
  patternExpectation,
  readExpectation,
  type Expectation,
} from './expectation.ts';
import { isStartTimeLine, readStartTimes, type StartTimes } from './start-times.ts';

export interface LoadedSeries {
  readonly labels: LabelSet;
  readonly values: readonly SeriesValue[];
  /** By value, relative to its time; undefined where none is known. Absent without an `@st` line. */
  readonly startOffsetsMs: StartTimes['offsetsMs'] | undefined;
}

export interface Load {
  readonly kind: 'load';
  readonly line: number;
  readonly stepMs: number;
  /** `load_with_nhcb`: classic histograms are loaded as native ones with custom buckets, too. */
  readonly withNative: boolean;
  readonly series: readonly LoadedSeries[];
}

export interface ExpectedSeries {
  /** Its place among the expectations, from 1 on. */
  readonly place: number;
  readonly labels: LabelSet;
  readonly values: readonly SeriesValue[];
}

export interface Grid {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export interface Eval {
  readonly kind: 'eval';
  readonly line: number;
  readonly query: string;
  readonly at: { readonly type: 'instant'; readonly timeMs: number } | ({ readonly type: 'range' } & Grid);
  readonly expectations: readonly Expectation[];
  /** By the key of their labels. */
  readonly series: ReadonlyMap<string, ExpectedSeries>;
  readonly scalar: number | undefined;
  /** `expect range vector from A to B step S`. */
  readonly matrix: Grid | undefined;
  /** `expect string "…"`. */
  readonly text: string | undefined;
}

export type Command = { readonly kind: 'clear' } | Load | Eval;

/** What is wrong with a script, and where. */
export class ScriptError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** A Prometheus duration, perhaps negative, or a number of seconds. */
function milliseconds(text: string): number {
  const plain = text.replace(/^[+-]/, '');
  const duration = readDuration(plain);
  const seconds = 'value' in duration ? duration : readNumber(plain);
  if ('error' in seconds)
    throw new Error(`invalid time or duration ${JSON.stringify(text)}: ${'error' in duration ? duration.error : ''}`);
  const valueMs = Math.round(seconds.value * 1000);
  return text.startsWith('-') ? -valueMs : valueMs;
}

function readGrid(from: string, to: string, step: string): Grid {
  const grid = { startMs: milliseconds(from), endMs: milliseconds(to), stepMs: milliseconds(step) };
  if (grid.endMs < grid.startMs) throw new Error(`end timestamp (${to}) is before start timestamp (${from})`);
  return grid;
}

function readStringLiteral(text: string): string {
  const read = unquote(text.trim());
  if ('error' in read || text.trim() === '')
    throw new Error('expected string literal not valid: check that it is correctly quoted');
  return read.text;
}

/** A line with one number and nothing else: the expected scalar. */
function readScalar(line: string): number | undefined {
  const sign = /^[+-]/.exec(line)?.[0];
  const plain = sign === undefined ? line : line.slice(1);
  const hexadecimal = /^0x([0-9a-f]*)(?:\.([0-9a-f]*))?p([+-]?\d+)$/i.exec(plain);
  if (hexadecimal !== null) {
    const [, whole = '', fraction = '', exponent = '0'] = hexadecimal;
    const value = Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
    return sign === '-' ? -value : value;
  }
  const named = /^infinity$/i.test(plain) ? 'inf' : plain;
  if (!/^(?:[\d.]|inf$|nan$)/i.test(named)) return undefined;
  const read = readNumber(named);
  if ('error' in read) return undefined;
  return sign === '-' ? -read.value : read.value;
}

const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?)\s+)?(.+)$/;
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$/;
const EXPECT_RANGE = /^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$/;

function readHead(head: string): Pick<Eval, 'query' | 'at'> & { readonly old: string | undefined } {
  const range = RANGE.exec(head);
  if (range !== null) {
    const [, old, from = '', to = '', step = '', query = ''] = range;
    return { old, query, at: { type: 'range', ...readGrid(from, to, step) } };
  }
  const instant = INSTANT.exec(head);
  if (instant === null)
    throw new Error(
      'invalid evaluation command: it is `eval instant at TIME QUERY` or `eval range from TIME to TIME step DURATION QUERY`',
    );
  const [, old, at = '0', query = ''] = instant;
  return { old, query, at: { type: 'instant', timeMs: milliseconds(at) } };
}

interface Body {
  readonly expectations: Expectation[];
  readonly series: Map<string, ExpectedSeries>;
  scalar: number | undefined;
  matrix: Grid | undefined;
  text: string | undefined;
}

/** Reads one line below an eval. Gives true when the block ends with it. */
function readExpected(body: Body, line: string, place: number, isInstant: boolean): boolean {
  if (line.startsWith('expected_fail_message')) {
    body.expectations.splice(
      0,
      Infinity,
      messageExpectation('fail', line.slice('expected_fail_message'.length).trim()),
    );
    return true;
  }
  if (line.startsWith('expected_fail_regexp')) {
    body.expectations.splice(0, Infinity, patternExpectation('fail', line.slice('expected_fail_regexp'.length).trim()));
    return true;
  }
  if (line.startsWith('expect range vector')) {
    const [, from = '', to = '', step = ''] = EXPECT_RANGE.exec(line) ?? [];
    body.matrix = readGrid(from, to, step);
  } else if (line.startsWith('expect string')) body.text = readStringLiteral(line.slice('expect string'.length));
  else if (line.split(' ')[0] === 'expect') {
    body.expectations.push(readExpectation(line));
    checkExpectations(body.expectations);
  } else {
    body.scalar = readScalar(line);
    if (body.scalar !== undefined) return true;
    const { labels, items } = parseSeriesDescription(line);
    const values = seriesValues(items);
    if (values.length === 0) throw new Error(`the series ${labels.toString()} has no expected value`);
    if (values.length > 1 && isInstant && body.matrix === undefined)
      throw new Error('expecting multiple values in instant evaluation not allowed, but with `expect range vector`');
    body.series.set(labels.key, { place, labels, values });
  }
  return false;
}

class ScriptReader {
  readonly #lines: readonly string[];
  readonly #isComment: readonly boolean[];
  #at = 0;

  constructor(script: string) {
    const trimmed = script.split('\n').map((line) => line.trim());
    this.#isComment = trimmed.map((line) => line.startsWith('#'));
    this.#lines = trimmed.map((line) => (line.startsWith('#') ? '' : line));
  }

  read(): Command[] {
    const commands: Command[] = [];
    for (; this.#at < this.#lines.length; this.#at++) {
      const head = this.#lines[this.#at]!;
      if (head === '') continue;
      try {
        commands.push(this.#command(head, this.#at + 1));
      } catch (error) {
        throw new ScriptError(this.#at + 1, error instanceof Error ? error.message : String(error));
      }
    }
    return commands;
  }

  #command(head: string, line: number): Command {
    const word = head.split(/[\t ]+/, 1)[0]!.toLowerCase();
    if (word === 'clear') return { kind: 'clear' };
    if (word.startsWith('load')) return this.#load(head, line);
    if (word.startsWith('eval')) return this.#eval(head, line);
    throw new Error(`invalid command ${JSON.stringify(head)}`);
  }

  /** The next line of a block, without moving on: undefined at an empty line, and at a command behind a comment. */
  #next(): string | undefined {
    let next = this.#at + 1;
    while (this.#isComment[next] === true) next++;
    const line = this.#lines[next];
    if (line === undefined || line === '') return undefined;
    if (next > this.#at + 1 && /^(?:clear$|load|eval)/i.test(line)) return undefined;
    this.#at = next;
    return line;
  }

  #load(head: string, line: number): Load {
    const match = /^load(?:_(with_nhcb))?\s+(.+?)$/.exec(head);
    if (match === null) throw new Error('invalid load command: it is `load STEP` or `load_with_nhcb STEP`');
    const series = new Map<string, LoadedSeries>();
    let startTimes: StartTimes | undefined;
    for (let text = this.#next(); text !== undefined; text = this.#next()) {
      if (isStartTimeLine(text)) {
        if (startTimes !== undefined) throw new Error('@st line has no following sample line');
        startTimes = readStartTimes(text);
        continue;
      }
      const { labels, items } = parseSeriesDescription(text);
      const values = seriesValues(items);
      if (startTimes !== undefined && startTimes.labels.key !== labels.key)
        throw new Error('@st metric does not match the following sample line metric');
      if (startTimes !== undefined && startTimes.offsetsMs.length !== values.length)
        throw new Error(`@st line has ${startTimes.offsetsMs.length} values but sample line has ${values.length}`);
      series.set(labels.key, { labels, values, startOffsetsMs: startTimes?.offsetsMs });
      startTimes = undefined;
    }
    if (startTimes !== undefined) throw new Error('@st line has no following sample line');
    return {
      kind: 'load',
      line,
      stepMs: milliseconds(match[2] ?? ''),
      withNative: match[1] !== undefined,
      series: [...series.values()],
    };
  }

  #eval(head: string, line: number): Eval {
    const { old, query, at } = readHead(head);
    const expectations = old === undefined ? [] : [anyExpectation(old as Expectation['kind'])];
    const body: Body = { expectations, series: new Map(), scalar: undefined, matrix: undefined, text: undefined };
    let place = 1;
    for (let text = this.#next(); text !== undefined; text = this.#next()) {
      if (readExpected(body, text, place, at.type === 'instant')) break;
      if (!/^expect\s+(?!range vector|string)/.test(text)) place++;
    }
    return { kind: 'eval', line, query, at, ...body };
  }
}

/** All commands of a script. Throws ScriptError. */
export function readScript(script: string): Command[] {
  return new ScriptReader(script).read();
}
