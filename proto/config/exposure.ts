// Says which listeners other machines reach: there is neither TLS nor authentication in front of them.
import { addressText, isLoopback, type Address } from './address.ts';

const REMEDY = 'set it to 127.0.0.1, or let only a proxy or a private network come near it';

/** One sentence for each listener that is open beyond this machine. @param listeners by name, as `otlp_grpc` of `listen.otlp_grpc` */
export function exposureWarnings(listeners: Readonly<Record<string, Address>>): string[] {
  return Object.entries(listeners)
    .filter(([, { host }]) => !isLoopback(host))
    .map(
      ([name, address]) =>
        `listen.${name} is ${addressText(address)}: other machines reach it, without TLS and without authentication; ${REMEDY}`,
    );
}
