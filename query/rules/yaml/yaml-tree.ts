// YAML text → a plain tree with places. Scalars stay text: what reads a field decides what it means.
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';

/** Characters of one file: tens of thousands of rules, read in some seconds. */
const MAX_CHARACTERS = 2_000_000;
/** Nodes after aliases are put in: a few aliases of aliases can stand for any number. */
const MAX_NODES = 500_000;
/** Levels of nesting: files of rules have five. */
const MAX_DEPTH = 100;

const TOO_DEEP = 'the file is nested too deeply';

/** Line and column, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

interface YamlScalar {
  readonly kind: 'scalar';
  readonly text: string;
  /** Without quotes: it may be a number. */
  readonly isPlain: boolean;
  /** Nothing, `~` or `null`, without quotes. */
  readonly isNull: boolean;
  readonly at: Place;
}

interface YamlList {
  readonly kind: 'list';
  readonly items: readonly YamlValue[];
  readonly at: Place;
}

export interface YamlEntry {
  readonly key: string;
  readonly keyAt: Place;
  readonly value: YamlValue;
}

interface YamlMap {
  readonly kind: 'map';
  readonly entries: readonly YamlEntry[];
  readonly at: Place;
}

export type YamlValue = YamlScalar | YamlList | YamlMap;

/** Something that is wrong with a file. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  readonly at: Place | undefined;

  constructor(at: Place | undefined, message: string) {
    super(message);
    this.at = at;
  }
}

export interface YamlText {
  /** Absent where the text has nothing but comments. */
  readonly root: YamlValue | undefined;
  /** Documents behind the first are not read. */
  readonly hasMore: boolean;
}

/** The first document. Throws YamlError. */
export function readYaml(text: string): YamlText {
  if (text.length > MAX_CHARACTERS)
    throw new YamlError(
      undefined,
      `length limit: the file has ${text.length} characters, at most ${MAX_CHARACTERS} are allowed`,
    );
  const lines = new LineCounter();
  const documents = documentsOf(text, lines);
  const [document] = documents;
  if (document === undefined) return { root: undefined, hasMore: false };
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  // Prometheus' parser does not mind how far the lines of `{…}` and `[…]` are indented.
  const error = document.errors.find(({ code, message }) => code !== 'BAD_INDENT' || !message.startsWith('Flow'));
  if (error !== undefined) {
    // The parser reports its own RangeError as what is wrong with the text.
    const isTooDeep = error.message.includes('call stack');
    throw new YamlError(placeOf(error.pos[0]), `yaml: ${isTooDeep ? TOO_DEEP : error.message}`);
  }
  const hasMore = documents.length > 1;
  if (document.contents === null) return { root: undefined, hasMore };
  return { root: new TreeBuilder(placeOf).build(document.contents, 0), hasMore };
}

function documentsOf(text: string, lineCounter: LineCounter): ReturnType<typeof parseAllDocuments> {
  try {
    return parseAllDocuments(text, {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter,
    });
  } catch (error) {
    if (error instanceof RangeError) throw new YamlError(undefined, `yaml: ${TOO_DEEP}`);
    throw error;
  }
}

class TreeBuilder {
  readonly #placeOf: (offset: number) => Place;
  readonly #anchors = new Map<string, unknown>();
  /** Anchored nodes that are being built: an alias inside of its own node has no end. */
  readonly #open = new Set<unknown>();
  #nodes = 0;

  constructor(placeOf: (offset: number) => Place) {
    this.#placeOf = placeOf;
  }

  build(node: unknown, depth: number, missingAt: Place = { line: 1, column: 1 }): YamlValue {
    const at = this.#place(node) ?? missingAt;
    if (++this.#nodes > MAX_NODES) throw new YamlError(at, `yaml: more than ${MAX_NODES} nodes, aliases included`);
    if (depth > MAX_DEPTH) throw new YamlError(at, `yaml: more than ${MAX_DEPTH} levels of nesting`);
    if (isAlias(node)) return this.#alias(node.source, depth, at);
    if (this.#open.has(node)) throw new YamlError(at, 'yaml: an anchor contains itself');
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined)
      this.#anchors.set(node.anchor, node);
    if (isScalar(node)) {
      const text = typeof node.value === 'string' ? node.value : '';
      const isPlain = node.type === 'PLAIN';
      return { kind: 'scalar', text, isPlain, isNull: isPlain && /^(?:~|null|Null|NULL|)$/.test(text), at };
    }
    if (!isMap(node) && !isSeq(node)) return { kind: 'scalar', text: '', isPlain: true, isNull: true, at };
    this.#open.add(node);
    const built: YamlValue = isSeq(node)
      ? { kind: 'list', items: node.items.map((item) => this.build(item, depth + 1, at)), at }
      : { kind: 'map', entries: this.#entries(node.items, depth, at), at };
    this.#open.delete(node);
    return built;
  }

  #place(node: unknown): Place | undefined {
    if (!isAlias(node) && !isScalar(node) && !isMap(node) && !isSeq(node)) return undefined;
    return node.range === null || node.range === undefined ? undefined : this.#placeOf(node.range[0]);
  }

  #alias(name: string, depth: number, at: Place): YamlValue {
    const target = this.#anchors.get(name);
    if (target === undefined) throw new YamlError(at, `yaml: unknown anchor "${name}" referenced`);
    return this.build(target, depth + 1, at);
  }

  /** Keys that come by `<<` give way to those that are written. */
  #entries(pairs: readonly unknown[], depth: number, mapAt: Place): YamlEntry[] {
    const entries = new Map<string, YamlEntry>();
    const merged: YamlEntry[] = [];
    for (const pair of pairs) {
      if (!isPair(pair)) continue;
      const key = this.build(pair.key, depth + 1, mapAt);
      if (key.kind !== 'scalar') throw new YamlError(key.at, 'yaml: a key must be a text');
      const value = this.build(pair.value, depth + 1, key.at);
      if (key.text === '<<') {
        merged.push(...mergedEntries(value));
        continue;
      }
      const before = entries.get(key.text);
      if (before !== undefined)
        throw new YamlError(
          key.at,
          `yaml: mapping key ${JSON.stringify(key.text)} already defined at line ${before.keyAt.line}`,
        );
      entries.set(key.text, { key: key.text, keyAt: key.at, value });
    }
    for (const entry of merged) if (!entries.has(entry.key)) entries.set(entry.key, entry);
    return [...entries.values()];
  }
}

function mergedEntries(value: YamlValue): readonly YamlEntry[] {
  if (value.kind === 'map') return value.entries;
  if (value.kind === 'list' && value.items.every((item) => item.kind === 'map'))
    return value.items.flatMap(mergedEntries);
  throw new YamlError(value.at, 'yaml: map merge requires map or sequence of maps as the value');
}
