// The options that say where OTLP goes, shared by the commands that send.

import { connect } from 'node:net';
import { otlpProtocols, parseEndpoint, type OtlpProtocol } from '../replay/otlp-client.ts';
import { UsageError, type CommandOption, type OptionValues } from './command.ts';
import { nearestKey } from '#proto/config/nearest-key.ts';

/** `--endpoint` and `--protocol`. */
export const sendingOptions: Record<'endpoint' | 'protocol', CommandOption> = {
  endpoint: {
    value: 'HOST:PORT',
    about: 'where to send',
    defaultText: 'WINNOW_LISTEN_OTLP_GRPC or 127.0.0.1:4317; over HTTP WINNOW_LISTEN_OTLP_HTTP or :4318',
  },
  protocol: { value: otlpProtocols.join('|'), about: 'how to send', defaultText: 'grpc' },
};

/** @throws UsageError for a protocol that OTLP does not have */
export function protocolOf(options: OptionValues): OtlpProtocol {
  const given = options['protocol'] ?? 'grpc';
  const protocol = otlpProtocols.find((name) => name === given);
  if (protocol !== undefined) return protocol;
  const close = nearestKey(String(given), otlpProtocols);
  throw new UsageError(
    `--protocol is "${String(given)}", but must be one of ${otlpProtocols.join(', ')}${close === undefined ? '' : ` (${close}?)`}`,
  );
}

/**
 * The receiver to send to: `--endpoint`, else the listener Winnow itself would be configured to, else its default port.
 * @throws UsageError when it is not HOST:PORT
 */
export function endpointOf(options: OptionValues, protocol: OtlpProtocol, env: NodeJS.ProcessEnv): string {
  const listener = protocol === 'grpc' ? env['WINNOW_LISTEN_OTLP_GRPC'] : env['WINNOW_LISTEN_OTLP_HTTP'];
  const endpoint = String(
    options['endpoint'] ?? listener ?? (protocol === 'grpc' ? '127.0.0.1:4317' : '127.0.0.1:4318'),
  );
  try {
    parseEndpoint(endpoint);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  return endpoint;
}

/** Nothing on the same machine takes longer to accept a connection. */
const CONNECT_WITHIN_MS = 1000;

/** Whether somebody accepts connections there. @param endpoint as of {@link endpointOf} */
export function isListening(endpoint: string): Promise<boolean> {
  const { host, port } = parseEndpoint(endpoint);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: CONNECT_WITHIN_MS });
  const end = (isOpen: boolean): void => {
    socket.destroy();
    resolve(isOpen);
  };
  socket.once('connect', () => end(true));
  socket.once('error', () => end(false));
  socket.once('timeout', () => end(false));
  return promise;
}
