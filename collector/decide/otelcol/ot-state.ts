// The `ot` member of a tracestate as the Collector reads and writes it: a span with anything malformed in it is left as it is.

/** Digits of thresholds and of randomness: 56 bits. */
const DIGITS = 14;
const MAX_LIST = 1024;
/** The Collector refuses the 32nd member, empty ones counted. */
const MAX_MEMBERS = 31;
const MAX_TENANT = 241;
const MAX_SYSTEM = 14;
const MAX_KEY = 256;
const MAX_OT = 256;
const KEY = /^(?:[a-z][a-z0-9\-*/_]*|[a-z0-9][a-z0-9\-*/_]*@[a-z][a-z0-9\-*/_]*)$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const OT_MEMBER = /^[a-z][a-z0-9]*:[a-zA-Z0-9._-]*$/;
const HEX = /^[0-9a-fA-F]+$/;

export interface OtState {
  /** As written; '' when absent. */
  rv: string;
  th: string;
  /** Other fields of the `ot` member, as written. */
  fields: string[];
  /** Other members, as written. */
  members: string[];
}

/** undefined when any of it is malformed. */
export function parseOtState(list: string): OtState | undefined {
  const state: OtState = { rv: '', th: '', fields: [], members: [] };
  if (list.length > MAX_LIST) return undefined;
  const written = list.split(',');
  // A comma at the end opens no further member.
  if (written.at(-1) === '') written.pop();
  if (written.length > MAX_MEMBERS) return undefined;
  for (const one of written) {
    const member = one.replace(/^[ \t]+|[ \t]+$/g, '');
    if (member === '') continue;
    const cut = member.indexOf('=');
    const key = member.slice(0, Math.max(0, cut));
    const value = member.slice(cut + 1);
    if (cut < 1 || !isKey(key) || !VALUE.test(value)) return undefined;
    if (key !== 'ot') state.members.push(member);
    else if (!readOtMember(value, state)) return undefined;
  }
  return state;
}

function isKey(key: string): boolean {
  if (!KEY.test(key) || key.length > MAX_KEY) return false;
  const at = key.indexOf('@');
  return at < 0 || (at <= MAX_TENANT && key.length - at - 1 <= MAX_SYSTEM);
}

/** A second `ot` replaces the first. */
function readOtMember(value: string, state: OtState): boolean {
  [state.rv, state.th, state.fields] = ['', '', []];
  if (value.length > MAX_OT) return false;
  for (const field of value.split(';')) {
    if (!OT_MEMBER.test(field)) return false;
    const content = field.slice(field.indexOf(':') + 1);
    if (field.startsWith('rv:')) {
      if (content.length !== DIGITS || !HEX.test(content)) return false;
      state.rv = content;
    } else if (field.startsWith('th:')) {
      if (content.length > DIGITS || !HEX.test(content)) return false;
      state.th = content;
    } else state.fields.push(field);
  }
  return true;
}

/** 56 bits of a threshold as written. */
export function thresholdOf(th: string): bigint {
  return BigInt(`0x${th.padEnd(DIGITS, '0')}`);
}

export function thresholdDigits(threshold: bigint): string {
  return threshold.toString(16).padStart(DIGITS, '0');
}

/** The tracestate with `th` raised to the threshold; as it was when it is malformed or has a stricter one. */
export function withThreshold(list: string, threshold: bigint): string {
  const state = parseOtState(list);
  if (state === undefined || (state.th !== '' && thresholdOf(state.th) > threshold)) return list;
  const th = thresholdDigits(threshold).replace(/0+$/, '') || '0';
  const ot = [...(state.rv === '' ? [] : [`rv:${state.rv}`]), `th:${th}`, ...state.fields];
  return [`ot=${ot.join(';')}`, ...state.members].join(',');
}
