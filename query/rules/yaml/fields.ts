// Reads fields of a YAML tree as what they are declared to be; everything that is wrong is collected with its place.
import { nearestKey } from '#proto/config/nearest-key.ts';
import { parsePrometheusDuration } from '../duration-text.ts';
import type { Place, YamlEntry, YamlValue } from './yaml-tree.ts';

export interface FieldProblem {
  readonly at: Place | undefined;
  /** Another place that it is about. */
  readonly alsoAt?: Place;
  readonly reason: string;
}

/** The fields of a map, by name, and what reading them found wrong. */
export class Fields {
  readonly at: Place;
  readonly #entries: ReadonlyMap<string, YamlEntry>;
  readonly #problems: FieldProblem[];

  private constructor(at: Place, entries: ReadonlyMap<string, YamlEntry>, problems: FieldProblem[]) {
    this.at = at;
    this.#entries = entries;
    this.#problems = problems;
  }

  /** Fields with other names than `known` are problems; `ignoreUnknown` passes them by. */
  static of(
    value: YamlValue,
    what: string,
    known: readonly string[],
    problems: FieldProblem[],
    ignoreUnknown: boolean,
  ): Fields {
    const entries = new Map<string, YamlEntry>();
    if (value.kind !== 'map') {
      if (!(value.kind === 'scalar' && value.isNull))
        problems.push({ at: value.at, reason: `${what} must be a map, but is ${shown(value)}` });
      return new Fields(value.at, entries, problems);
    }
    for (const entry of value.entries) {
      if (known.includes(entry.key)) entries.set(entry.key, entry);
      else if (!ignoreUnknown) {
        const near = nearestKey(entry.key, known);
        const hint = near === undefined ? `it knows ${known.join(', ')}` : `did you mean ${near}?`;
        problems.push({ at: entry.keyAt, reason: `field ${entry.key} not found in ${what}: ${hint}` });
      }
    }
    return new Fields(value.at, entries, problems);
  }

  /** Where the value of a field stands, else the map. */
  placeOf(name: string): Place {
    return this.#entries.get(name)?.value.at ?? this.at;
  }

  /** '' where it is absent or null. */
  text(name: string): string {
    return this.#scalar(name) ?? '';
  }

  /** Milliseconds; absent where the field is. */
  duration(name: string): number | undefined {
    const text = this.#scalar(name);
    if (text === undefined) return undefined;
    const read = parsePrometheusDuration(text);
    if (typeof read === 'number') return read;
    this.#problems.push({ at: this.placeOf(name), reason: `${name}: ${read.error}` });
    return undefined;
  }

  /** What stands behind the point is left out, as Prometheus does. */
  integer(name: string): number {
    const text = this.#plain(name);
    if (text === undefined) return 0;
    const value = Math.trunc(numberOf(text) ?? NaN);
    return Number.isSafeInteger(value) ? value : this.#wrong(name, 'a whole number', 0);
  }

  float(name: string): number {
    const text = this.#plain(name);
    if (text === undefined) return 0;
    return numberOf(text) ?? this.#wrong(name, 'a number', 0);
  }

  boolean(name: string): boolean {
    const text = this.#plain(name);
    if (text === undefined || /^(?:false|False|FALSE|no|No|NO|off|Off|OFF)$/.test(text)) return false;
    if (/^(?:true|True|TRUE|yes|Yes|YES|on|On|ON)$/.test(text)) return true;
    return this.#wrong(name, 'true or false', false);
  }

  /** Names and texts in the order of the names; absent where the field is. */
  texts(name: string): ReadonlyMap<string, string> | undefined {
    const value = this.#entries.get(name)?.value;
    if (value === undefined || (value.kind === 'scalar' && value.isNull)) return undefined;
    if (value.kind !== 'map') return this.#wrong(name, 'a map of texts', undefined);
    const texts: [string, string][] = [];
    for (const { key, value: text } of value.entries) {
      if (text.kind === 'scalar') texts.push([key, text.isNull ? '' : text.text]);
      else this.#problems.push({ at: text.at, reason: `${name}: ${key} must be a text, but is ${shown(text)}` });
    }
    return new Map(texts.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  }

  /** Where a member of a map of texts stands. */
  placeOfMember(name: string, key: string): Place {
    const value = this.#entries.get(name)?.value;
    const entry = value?.kind === 'map' ? value.entries.find((one) => one.key === key) : undefined;
    return entry?.value.at ?? this.placeOf(name);
  }

  /** The items of a list without those that are null. */
  list(name: string): readonly YamlValue[] {
    const value = this.#entries.get(name)?.value;
    if (value === undefined || (value.kind === 'scalar' && value.isNull)) return [];
    if (value.kind !== 'list') return this.#wrong(name, 'a list', []);
    return value.items.filter((item) => item.kind !== 'scalar' || !item.isNull);
  }

  textList(name: string): readonly string[] {
    const texts: string[] = [];
    for (const item of this.list(name)) {
      if (item.kind === 'scalar') texts.push(item.text);
      else this.#problems.push({ at: item.at, reason: `${name} must be a list of texts, but has ${shown(item)}` });
    }
    return texts;
  }

  #scalar(name: string): string | undefined {
    const value = this.#entries.get(name)?.value;
    if (value === undefined) return undefined;
    if (value.kind === 'scalar') return value.isNull ? undefined : value.text;
    return this.#wrong(name, 'a text', undefined);
  }

  /** In quotes it is a text, never a number. */
  #plain(name: string): string | undefined {
    const value = this.#entries.get(name)?.value;
    const text = this.#scalar(name);
    return value?.kind === 'scalar' && !value.isPlain && text !== undefined ? `"${text}"` : text;
  }

  #wrong<T>(name: string, expected: string, fallback: T): T {
    const value = this.#entries.get(name)?.value;
    const got = value === undefined ? 'absent' : shown(value);
    this.#problems.push({ at: this.placeOf(name), reason: `${name} must be ${expected}, but is ${got}` });
    return fallback;
  }
}

const SHOWN_CHARACTERS = 40;

function shown(value: YamlValue): string {
  if (value.kind !== 'scalar') return `a ${value.kind}`;
  const { text } = value;
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}

/** A number as YAML writes it: decimal, hexadecimal, octal, binary, with underscores, infinite or none. */
function numberOf(text: string): number | undefined {
  const special = /^([+-]?)\.(inf|nan)$/i.exec(text);
  if (special !== null) return special[2]!.toLowerCase() === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity;
  const plain = text.replaceAll('_', '');
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain))
    return /^[+-]?0[0-7]+$/.test(plain) ? octal(plain) : Number(plain);
  const based = /^([+-]?)(0[xob][\da-fA-F]+)$/.exec(plain);
  if (based === null) return undefined;
  const value = Number(based[2]);
  return Number.isNaN(value) ? undefined : based[1] === '-' ? -value : value;
}

/** `017` is 15, as in YAML 1.1. */
function octal(text: string): number {
  const value = Number.parseInt(text.replace(/^[+-]/, ''), 8);
  return text.startsWith('-') ? -value : value;
}
