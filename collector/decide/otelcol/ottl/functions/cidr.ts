// Networks as 10.0.0.0/8 or 2001:db8::/32, and whether they hold an address.
import { BlockList, isIP, isIPv4 } from 'node:net';
import { OttlError } from '../value.ts';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const known = new Map<string, BlockList>();
const MAX_KNOWN = 1024;

export function isCidr(network: string): boolean {
  return parsed(network) !== undefined;
}

/** What is no address is in no network. @throws OttlError when the network is none */
export function cidrHolds(network: string, address: string): boolean {
  // IPv4 inside IPv6 is the same address.
  const plain = MAPPED.exec(address)?.[1] ?? address;
  if (isIP(plain) === 0 || plain.includes('%')) return false;
  const list = listOf(network);
  return isIPv4(plain) === isIPv4(network.split('/')[0]!) && list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}

function listOf(network: string): BlockList {
  const found = known.get(network);
  if (found !== undefined) return found;
  const parts = parsed(network);
  if (parts === undefined) throw new OttlError(`${network} is no network`);
  const list = new BlockList();
  list.addSubnet(parts.address, parts.bits, isIPv4(parts.address) ? 'ipv4' : 'ipv6');
  if (known.size < MAX_KNOWN) known.set(network, list);
  return list;
}

function parsed(network: string): { readonly address: string; readonly bits: number } | undefined {
  const [, address = '', digits = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(network) ?? [];
  const bits = Number(digits);
  const most = isIPv4(address) ? 32 : 128;
  return isIP(address) === 0 || bits > most || (digits.length > 1 && digits.startsWith('0')) ? undefined : { address, bits };
}
