// Asks conditions in OTTL of a span made of plain values, without any bytes.
import { compileOttl } from '#collector/decide/otelcol/ottl/compile.ts';
import type { DecodedEvent, DecodedSpan } from '#collector/decide/otelcol/ottl/decoded-span.ts';
import type { OttlContext } from '#collector/decide/otelcol/ottl/paths.ts';
import { OttlSyntaxError } from '#collector/decide/otelcol/ottl/syntax-error.ts';
import { OttlError, OttlList, ReceivedMap, type OttlValue } from '#collector/decide/otelcol/ottl/value.ts';

/** 2023-11-14 22:13:20 UTC. */
export const NOW_NS = 1_700_000_000_000_000_000n;

/** As they would have been received: arrays are lists, objects maps; numbers are floats, bigints ints. */
export type Plain = OttlValue | readonly Plain[] | { readonly [key: string]: Plain };

export function received(value: Plain): OttlValue {
  if (Array.isArray(value)) return new OttlList('received', (value as readonly Plain[]).map(received));
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return new ReceivedMap(Object.entries(value as Record<string, Plain>).map(([key, one]) => [key, received(one)]));
  return value as OttlValue;
}

export function mapOf(values: Readonly<Record<string, Plain>>): ReceivedMap {
  return new ReceivedMap(Object.entries(values).map(([key, value]) => [key, received(value)]));
}

const SPAN: DecodedSpan = {
  traceId: Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex'),
  spanId: Buffer.from('00f067aa0ba902b7', 'hex'),
  parentId: new Uint8Array(8),
  traceState: '',
  name: 'work',
  kind: 1n,
  start: NOW_NS - 5_000_000_000n,
  end: NOW_NS - 4_000_000_000n,
  attributes: mapOf({}),
  events: [],
  links: 0,
  statusCode: 0n,
  statusMessage: '',
  flags: 0n,
  resource: mapOf({}),
  dropped: { attributes: 0n, events: 0n, links: 0n, resourceAttributes: 0n, scopeAttributes: 0n },
  scope: { name: '', version: '', attributes: mapOf({}) },
};

/** What the condition answers for a span with these attributes; the message where it has no answer. */
export function asked(
  condition: string,
  attributes: Readonly<Record<string, Plain>> = {},
  more: Partial<DecodedSpan> & { readonly event?: DecodedEvent } = {},
): boolean | string {
  const { event, ...fields } = more;
  const test = compileOttl(condition, event === undefined ? 'span' : 'spanevent');
  try {
    return test({ span: { ...SPAN, attributes: mapOf(attributes), ...fields }, event, nowNs: NOW_NS });
  } catch (error) {
    if (error instanceof OttlError) return error.message;
    throw error;
  }
}

/** Why the condition is refused when it is read, '' when it is not. */
export function refusalOf(condition: string, context: OttlContext = 'span'): string {
  try {
    compileOttl(condition, context);
    return '';
  } catch (error) {
    if (error instanceof OttlSyntaxError) return error.message;
    throw error;
  }
}
