// The Collector's policies as its source reads them, on plain spans in order of arrival: what policies over bytes must answer.
import type { WrittenSpan } from '#tests/support/written-trace.ts';

type Block = Readonly<Record<string, unknown>>;
type Value = Readonly<Record<string, unknown>>;

export interface PlainPolicy {
  readonly name?: string;
  readonly type: string;
  readonly [block: string]: unknown;
}

const CODES = ['UNSET', 'OK', 'ERROR'];
const NS_PER_MS = 1_000_000;
const SOME_NS = 1_000_000;

/** The resource and then the span, of every span; what has the key. */
function valuesOf(spans: readonly WrittenSpan[], key: string): { readonly value: Value; readonly ofSpan: boolean }[] {
  return spans.flatMap(({ resource, attributes }) => [
    ...(resource?.[key] === undefined ? [] : [{ value: resource[key], ofSpan: false }]),
    ...(attributes?.[key] === undefined ? [] : [{ value: attributes[key], ofSpan: true }]),
  ]);
}

function numericMeets(spans: readonly WrittenSpan[], block: Block): boolean {
  const [least, most] = [Number(block['min_value'] ?? 0), Number(block['max_value'] ?? 0)];
  return valuesOf(spans, String(block['key'])).some(({ value }) => {
    // What is no int reads as 0.
    const int = Number(value['intValue'] ?? 0);
    return (least === 0 || int >= least) && (most === 0 || int <= most);
  });
}

function stringMeets(spans: readonly WrittenSpan[], block: Block): boolean {
  const wanted = (block['values'] as readonly string[]).filter((value) => value !== '');
  return valuesOf(spans, String(block['key'])).some(({ value, ofSpan }) => {
    const text = (value['stringValue'] ?? '') as string;
    return !(ofSpan && text === '') && wanted.includes(text);
  });
}

function booleanMeets(spans: readonly WrittenSpan[], block: Block): boolean {
  return valuesOf(spans, String(block['key'])).some(
    ({ value }) => (value['boolValue'] === true) === (block['value'] === true),
  );
}

/** Every prefix in order of arrival, on whole ms. */
function latencyMeets(spans: readonly WrittenSpan[], block: Block): boolean {
  const [threshold, upper] = [Number(block['threshold_ms'] ?? 0), Number(block['upper_threshold_ms'] ?? 0)];
  return spans.some((_, i) => {
    const prefix = spans.slice(0, i + 1);
    const end = Math.max(...prefix.map(({ start = 0, duration = SOME_NS }) => start + duration));
    const ms = Math.floor((end - Math.min(...prefix.map(({ start = 0 }) => start))) / NS_PER_MS);
    return upper === 0 ? ms > threshold : ms > threshold && ms <= upper;
  });
}

function traceStateMeets(spans: readonly WrittenSpan[], block: Block): boolean {
  return spans.some(({ traceState = '' }) =>
    traceState
      .split(',')
      .map((member) => member.split('='))
      .some(([key, value]) => key === block['key'] && (block['values'] as readonly string[]).includes(value ?? '')),
  );
}

/** Of a policy that says sampled or not. */
function plainlySamples(policy: PlainPolicy, spans: readonly WrittenSpan[]): boolean {
  const block = (policy[policy.type] ?? {}) as Block;
  const inverts = (meets: boolean): boolean => meets !== (block['invert_match'] === true);
  const all = (key: string): boolean =>
    (block[key] as readonly PlainPolicy[]).every((inner) => plainlySamples(inner, spans));
  switch (policy.type) {
    case 'always_sample':
      return true;
    case 'status_code':
      return spans.some(({ status = 0 }) => (block['status_codes'] as readonly string[]).includes(CODES[status] ?? ''));
    case 'span_count':
      return (
        spans.length >= Number(block['min_spans'] ?? 0) &&
        (Number(block['max_spans'] ?? 0) === 0 || spans.length <= Number(block['max_spans']))
      );
    case 'trace_flags':
      return spans.some(({ flags = 0 }) => flags % 2 === 1);
    case 'numeric_attribute':
      return inverts(numericMeets(spans, block));
    case 'string_attribute':
      return inverts(stringMeets(spans, block));
    case 'boolean_attribute':
      return inverts(booleanMeets(spans, block));
    case 'latency':
      return latencyMeets(spans, block);
    case 'trace_state':
      return traceStateMeets(spans, block);
    case 'not':
      return !plainlySamples(block['not_sub_policy'] as PlainPolicy, spans);
    case 'and':
      return all('and_sub_policy');
    case 'drop':
      return all('drop_sub_policy');
    default:
      throw new Error(`no plain reading of ${policy.type}`);
  }
}

/** Who decides on the trace and how: `+name` kept, `-name` dropped, '' nobody. */
export function plainDecision(policies: readonly PlainPolicy[], spans: readonly WrittenSpan[]): string {
  const drop = policies.find((one) => one.type === 'drop' && plainlySamples(one, spans));
  if (drop !== undefined) return `-${drop.name}`;
  const keep = policies.find((one) => one.type !== 'drop' && plainlySamples(one, spans));
  return keep === undefined ? '' : `+${keep.name}`;
}
