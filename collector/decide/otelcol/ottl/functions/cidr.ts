// Networks as 10.0.0.0/8 or 2001:db8::/32, and whether they hold an address.
import { OttlError } from '../value.ts';

/** An address as a number of 32 or 128 bits. */
interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

const GROUPS = 8;
/** IPv4 inside IPv6 is the same address. */
const MAPPED_PREFIX = 0xffffn;

export function isCidr(network: string): boolean {
  return parsedNetwork(network) !== undefined;
}

/** What is no address is in no network. @throws OttlError when the network is none */
export function cidrHolds(network: string, text: string): boolean {
  const address = parsedAddress(text);
  if (address === undefined) return false;
  const held = parsedNetwork(network);
  if (held === undefined) throw new OttlError(`${network} is no network`);
  const rest = BigInt(held.address.bits - held.prefix);
  return held.address.bits === address.bits && held.address.value >> rest === address.value >> rest;
}

function parsedNetwork(network: string): { readonly address: Address; readonly prefix: number } | undefined {
  const [, text = '', digits = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(network) ?? [];
  const plain = text.includes(':') ? ipv6(text) : ipv4(text);
  const bits = text.includes(':') ? 128 : 32;
  return plain === undefined || Number(digits) > bits
    ? undefined
    : { address: { bits, value: plain }, prefix: Number(digits) };
}

function parsedAddress(text: string): Address | undefined {
  if (!text.includes(':')) return asAddress(ipv4(text), 32);
  const value = ipv6(text);
  return value !== undefined && value >> 32n === MAPPED_PREFIX
    ? { bits: 32, value: value & 0xffffffffn }
    : asAddress(value, 128);
}

function asAddress(value: bigint | undefined, bits: 32 | 128): Address | undefined {
  return value === undefined ? undefined : { bits, value };
}

/** Four decimal numbers without leading zeros. */
function ipv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** Groups of hex digits, one run of zero groups as ::, the last two perhaps as IPv4. */
function ipv6(text: string): bigint | undefined {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const inner = tail === null ? undefined : ipv4(tail[2]!);
  if (tail !== null && inner === undefined) return undefined;
  const whole =
    inner === undefined ? text : `${tail![1]!}${(inner >> 16n).toString(16)}:${(inner & 0xffffn).toString(16)}`;
  const halves = whole.split('::');
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = left.length + right.length;
  const fits = halves.length === 1 ? given === GROUPS : halves.length === 2 && given < GROUPS;
  if (!fits || ![...left, ...right].every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const groups = [...left, ...Array.from({ length: GROUPS - given }, () => '0'), ...right];
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}
