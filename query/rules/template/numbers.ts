// Number literals of templates: what they are as integers and as floats.
import { unquote } from '#query/promql/literals.ts';
import { quote } from '#query/promql/quote.ts';
import type { NumberNode } from './nodes.ts';

const MAX_INTEGER = 2n ** 63n - 1n;
const INTEGER = /^([+-]?)(0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9]\d*)$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([+-]?\d+)$/;

/** The node, or what is wrong with the literal. */
export function readTemplateNumber(text: string, at: number): NumberNode | string {
  if (text.startsWith("'")) {
    const read = unquote(text);
    if ('error' in read) return text.includes('\\') ? 'invalid syntax' : `malformed character constant: ${text}`;
    if (Array.from(read.text).length !== 1) return `malformed character constant: ${text}`;
    const point = read.text.codePointAt(0) ?? 0;
    return { kind: 'number', at, text, integer: BigInt(point), float: point, isCharacter: true };
  }
  if (text.endsWith('i')) return `complex numbers are not supported: ${quote(text)}`;
  const plain = text.replaceAll('_', '');
  const integer = integerOf(plain);
  const float = integer === undefined ? floatOf(plain) : Number(integer);
  if (integer === undefined && float === undefined) return `illegal number syntax: ${quote(text)}`;
  if (integer === undefined && !/[.eEpP]/.test(plain)) return `integer overflow: ${quote(text)}`;
  const whole =
    integer ??
    (float !== undefined && Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : undefined);
  return { kind: 'number', at, text, integer: whole, float, isCharacter: false };
}

function integerOf(text: string): bigint | undefined {
  const match = INTEGER.exec(text);
  if (match === null) return undefined;
  const [, sign = '', digits = ''] = match;
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
  const value = sign === '-' ? -magnitude : magnitude;
  return value > MAX_INTEGER || value < -MAX_INTEGER - 1n ? undefined : value;
}

function floatOf(text: string): number | undefined {
  if (FLOAT.test(text)) return Number(text);
  const match = HEX_FLOAT.exec(text);
  if (match === null) return INTEGER.test(text) ? Number(text.replace(/^\+/, '')) : undefined;
  const [, sign = '', whole = '', part = '', exponent = '0'] = match;
  const magnitude = Number(`0x0${whole}${part}`) * 2 ** (Number(exponent) - 4 * part.length);
  return sign === '-' ? -magnitude : magnitude;
}
