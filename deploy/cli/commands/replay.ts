// `winnow replay`: sends captures to an OTLP receiver and says whether every one of them arrived.

import { existsSync } from 'node:fs';
import { createOtlpClient, otlpProtocols, parseEndpoint, type OtlpProtocol } from '../../replay/otlp-client.ts';
import { ProgressBar } from '../../replay/progress-bar.ts';
import { replay } from '../../replay/replay.ts';
import { UsageError, type Command, type OptionValues } from '../command.ts';
import { nearest } from '../nearest.ts';
import { positiveInteger } from '../parse-arguments.ts';

/** Requests in flight unless told otherwise: enough to hide a round trip, too few to flood. */
const DEFAULT_CONCURRENCY = 8;

export const command: Command = {
  name: 'replay',
  summary: 'Sends captures to an OTLP receiver: frames, OTLP/JSON, Jaeger JSON, Zipkin v2 JSON.',
  about: 'The last line of output is JSON {spans, traces, requests, refused, seconds}; exit code 0 means that every\nrequest was acknowledged and nothing was refused.',
  operands: 'FILE…',
  options: {
    endpoint: { value: 'HOST:PORT', about: 'where to send', defaultText: '127.0.0.1:4317, or :4318 over HTTP; WINNOW_LISTEN_OTLP_GRPC, WINNOW_LISTEN_OTLP_HTTP' },
    protocol: { value: otlpProtocols.join('|'), about: 'how to send', defaultText: 'grpc' },
    'keep-times': { about: 'leave the recorded times; otherwise all files together are moved to end now' },
    speed: { value: 'N|max', about: 'times the recorded pace, or as fast as the receiver answers', defaultText: 'max' },
    concurrency: { value: 'N', about: 'requests in flight', defaultText: String(DEFAULT_CONCURRENCY) },
    'spans-per-request': { value: 'N', about: 'rebuild requests to N spans', defaultText: 'as recorded' },
  },
  async run({ operands, options }, { stdout, stderr, env, signal }) {
    if (operands.length === 0) throw new UsageError('no capture given: winnow replay FILE…');
    const missing = operands.find((file) => !existsSync(file));
    if (missing !== undefined) throw new UsageError(`no such file: ${missing}`);
    const protocol = protocolOf(options);
    const speed = speedOf(options);
    const concurrency = positiveInteger(options, 'concurrency', DEFAULT_CONCURRENCY);
    const spansPerRequest = options['spans-per-request'] === undefined ? undefined : positiveInteger(options, 'spans-per-request', 1);
    const client = createOtlpClient({ endpoint: endpointOf(options, protocol, env), protocol, signal });
    const bar = new ProgressBar(stderr);
    try {
      const result = await replay({
        files: operands,
        client,
        keepTimes: options['keep-times'] === true,
        speed,
        concurrency,
        signal,
        ...(spansPerRequest !== undefined && { spansPerRequest }),
        ...(stderr.isTTY && { onProgress: ({ items, totalItems }) => bar.show(items, totalItems, 'records') }),
      });
      bar.clear();
      for (const failure of result.failures) stderr.write(`refused: ${failure}\n`);
      const { spans, traces, requests, refused, seconds, logRecords, metricPoints } = result;
      const others = { ...(logRecords > 0 && { log_records: logRecords }), ...(metricPoints > 0 && { metric_points: metricPoints }) };
      stdout.write(`${JSON.stringify({ spans, traces, requests, refused, seconds, ...others })}\n`);
      return refused === 0 && result.unacknowledged === 0 && !signal.aborted ? 0 : 1;
    } finally {
      bar.clear();
      client.close();
    }
  },
};

function protocolOf(options: OptionValues): OtlpProtocol {
  const given = options['protocol'] ?? 'grpc';
  const protocol = otlpProtocols.find((name) => name === given);
  if (protocol !== undefined) return protocol;
  const close = nearest(String(given), otlpProtocols);
  throw new UsageError(`--protocol is "${String(given)}", but must be one of ${otlpProtocols.join(', ')}${close === undefined ? '' : ` (${close}?)`}`);
}

function speedOf(options: OptionValues): number | 'max' {
  const given = options['speed'] ?? 'max';
  if (given === 'max') return given;
  const speed = Number(given);
  if (!(speed > 0 && Number.isFinite(speed))) throw new UsageError(`--speed is "${String(given)}", but must be a number above 0, or max`);
  return speed;
}

/**
 * The receiver to send to: `--endpoint`, else the listener Winnow itself would be configured to, else its default port.
 * @throws UsageError when it is not HOST:PORT
 */
export function endpointOf(options: OptionValues, protocol: OtlpProtocol, env: NodeJS.ProcessEnv): string {
  const listener = protocol === 'grpc' ? env['WINNOW_LISTEN_OTLP_GRPC'] : env['WINNOW_LISTEN_OTLP_HTTP'];
  const endpoint = String(options['endpoint'] ?? listener ?? (protocol === 'grpc' ? '127.0.0.1:4317' : '127.0.0.1:4318'));
  try {
    parseEndpoint(endpoint);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  return endpoint;
}
