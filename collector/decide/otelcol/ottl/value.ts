// Values of OTTL (OpenTelemetry Transformation Language): nil is null, an int64 is a bigint, a float64 a number. Maps and lists know
// where they come from, since the Collector compares what was received and what was written by different rules.
export interface TimeValue {
  /** ns since 1970. */
  readonly time: bigint;
}
export interface DurationValue {
  /** ns */
  readonly duration: bigint;
}

type Entries = readonly (readonly [string, OttlValue])[];

/** A map as it was received, keys that come twice included. */
export class ReceivedMap {
  #entries: Entries | undefined;
  readonly #read: () => Entries;
  readonly #find: ((key: string) => OttlValue | undefined) | undefined;

  /** @param entries or who reads them when somebody asks for all @param find reads one; as with entries, the first of equal keys */
  constructor(entries: Entries | (() => Entries), find?: (key: string) => OttlValue | undefined) {
    this.#entries = typeof entries === 'function' ? undefined : entries;
    this.#read = typeof entries === 'function' ? entries : () => entries;
    this.#find = find;
  }

  get entries(): Entries {
    return (this.#entries ??= this.#read());
  }

  /** The first of equal keys; undefined when there is none. */
  get(key: string): OttlValue | undefined {
    if (this.#entries === undefined && this.#find !== undefined) return this.#find(key);
    return this.entries.find(([name]) => name === key)?.[1];
  }
}

/** `received`: of an attribute, or as one; `written`: of the condition; `texts`: what Split yields, which equals nothing. */
export class OttlList {
  readonly kind: 'received' | 'written' | 'texts';
  readonly items: readonly OttlValue[];

  constructor(kind: 'received' | 'written' | 'texts', items: readonly OttlValue[]) {
    this.kind = kind;
    this.items = items;
  }
}

/** A trace or span id: other bytes than those of a bytes value, and in no order. */
export class IdValue {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** What can only be compared with itself and counted: a status, the events or the links of a span. */
export class WholeValue {
  readonly of: object;
  readonly what: string;
  /** Items of a list; undefined where it is none. */
  readonly count: number | undefined;

  constructor(of: object, what: string, count?: number) {
    this.of = of;
    this.what = what;
    this.count = count;
  }
}

export type OttlValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | TimeValue
  | DurationValue
  | ReceivedMap
  | ReadonlyMap<string, OttlValue>
  | OttlList
  | IdValue
  | WholeValue;

/** A condition that cannot be answered for this span; error_mode says what follows. */
export class OttlError extends Error {
  override readonly name: string = 'OttlError';
}

/** A value of another type than the function takes. */
export class OttlTypeError extends OttlError {
  override readonly name = 'OttlTypeError';
}

export function isTime(value: OttlValue): value is TimeValue {
  return typeof value === 'object' && value !== null && 'time' in value;
}

export function isDuration(value: OttlValue): value is DurationValue {
  return typeof value === 'object' && value !== null && 'duration' in value;
}

/** A map that a function made, such as the parts of a URL. */
export function isMadeMap(value: OttlValue): value is ReadonlyMap<string, OttlValue> {
  return value instanceof Map;
}
