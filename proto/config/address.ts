// Addresses of listeners as text, both ways: HOST:PORT, an IPv6 host in brackets. Whatever reads, prints or hands on an address uses this.

export interface Address {
  /** Without brackets. */
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
}

const WRITTEN = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/;
const MAX_PORT = 65_535;
const LOOPBACK_V4 = /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/i;

/** `127.0.0.1:4317`, `[::1]:4317`, `:4317` (all interfaces) or `localhost:0`; undefined when it is no address. */
export function parseAddress(text: string): Address | undefined {
  const parts = WRITTEN.exec(text.trim());
  if (parts === null || Number(parts[3]) > MAX_PORT || parts[1]?.includes(':') === false) return undefined;
  const host = parts[1] ?? parts[2] ?? '';
  return { host: host === '' ? '0.0.0.0' : host, port: Number(parts[3]) };
}

/** Why a text is no address, and what to write instead: `problem: remedy`. */
export function addressProblem(text: string): string {
  const written = text.trim();
  if (/^unix:|^[./~@]|\.sock$/.test(written))
    return 'is a Unix socket, and those are not supported: write HOST:PORT, as 127.0.0.1:4317';
  const bare = /^([0-9a-fA-F.]*:[0-9a-fA-F:.]*):(\d{1,5})$/.exec(written);
  if (bare !== null && Number(bare[2]) <= MAX_PORT)
    return `is an IPv6 address without brackets: write [${bare[1]}]:${bare[2]}`;
  return 'is no address: write HOST:PORT, as 127.0.0.1:4317 or [::1]:4317, port 0 for any free one';
}

/** As {@link parseAddress} reads it. */
export function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The same address for a client on this machine: one cannot connect to "all interfaces". */
export function reachableAddress({ host, port }: Address): Address {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: isAllV6(host) ? '::1' : host, port };
}

/** The same address in a link that people get: from another machine, "all interfaces" has the name of this one. */
export function visibleAddress({ host, port }: Address, name: string): Address {
  return { host: host === '0.0.0.0' || isAllV6(host) ? name : host, port };
}

/** Whether only programs of this machine reach it. A name other than localhost may mean anything. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || LOOPBACK_V4.test(host) || /^(?:0{0,4}:){2,7}0{0,3}1$/.test(host);
}

function isAllV6(host: string): boolean {
  return /^[0:]+$/.test(host) && host.includes('::');
}
