// Networks as 10.0.0.0/8 or 2001:db8::/32, and whether they hold an address: as Go's net.ParseCIDR and IPNet.Contains, on Node's lists of networks.
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { OttlError } from '../value.ts';

type Family = 'ipv4' | 'ipv6';

const BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };
/** IPv4 inside IPv6 is the same address. */
const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6');

interface Network {
  readonly family: Family;
  readonly address: string;
  readonly prefix: number;
}

export function isCidr(network: string): boolean {
  return parsedNetwork(network) !== undefined;
}

/** What is no address is in no network. @throws OttlError when the network is none */
export function cidrHolds(network: string, text: string): boolean {
  const family = familyOf(text);
  if (family === undefined) return false;
  const held = parsedNetwork(network);
  if (held === undefined) throw new OttlError(`${network} is no network`);
  // Node looks for IPv4 addresses in networks like ::/0, too.
  if (isVersion4(held.address, held.family) !== isVersion4(text, family)) return false;
  const list = new BlockList();
  list.addSubnet(held.address, held.prefix, held.family);
  return list.check(text, family);
}

function parsedNetwork(network: string): Network | undefined {
  const [, address = '', digits = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(network) ?? [];
  const family = familyOf(address);
  const prefix = Number(digits);
  return family === undefined || prefix > BITS[family] ? undefined : { family, address, prefix };
}

/** undefined: it is no address. Names of zones belong to none. */
function familyOf(text: string): Family | undefined {
  if (isIPv4(text)) return 'ipv4';
  return isIPv6(text) && !text.includes('%') ? 'ipv6' : undefined;
}

function isVersion4(address: string, family: Family): boolean {
  return family === 'ipv4' || MAPPED.check(address, family);
}
