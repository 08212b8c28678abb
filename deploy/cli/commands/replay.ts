// `winnow replay`: sends captures to an OTLP receiver and says whether every one of them arrived.

import { existsSync } from 'node:fs';
import { createOtlpClient } from '../../replay/otlp-client.ts';
import { ProgressBar } from '../../replay/progress-bar.ts';
import { replay } from '../../replay/replay.ts';
import { UsageError, type Command, type OptionValues } from '../command.ts';
import { endpointOf, protocolOf, sendingOptions } from '../endpoint-option.ts';
import { positiveInteger } from '../parse-arguments.ts';

/** Requests in flight by default: enough to hide a round trip, too few to flood. */
const DEFAULT_CONCURRENCY = 8;

export const command: Command = {
  name: 'replay',
  summary: 'Sends captures to an OTLP receiver: frames, OTLP/JSON, Jaeger JSON, Zipkin v2 JSON.',
  about:
    'The last line of output is JSON {spans, traces, requests, refused, seconds}; exit code 0 means that every\nrequest was acknowledged and nothing was refused.',
  operands: 'FILE…',
  options: {
    ...sendingOptions,
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
    const spansPerRequest =
      options['spans-per-request'] === undefined ? undefined : positiveInteger(options, 'spans-per-request', 1);
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
      const others = {
        ...(logRecords > 0 && { log_records: logRecords }),
        ...(metricPoints > 0 && { metric_points: metricPoints }),
      };
      stdout.write(`${JSON.stringify({ spans, traces, requests, refused, seconds, ...others })}\n`);
      return refused === 0 && result.unacknowledged === 0 && !signal.aborted ? 0 : 1;
    } finally {
      bar.clear();
      client.close();
    }
  },
};

function speedOf(options: OptionValues): number | 'max' {
  const given = options['speed'] ?? 'max';
  if (given === 'max') return given;
  const speed = Number(given);
  if (!(speed > 0 && Number.isFinite(speed)))
    throw new UsageError(`--speed is "${String(given)}", but must be a number above 0, or max`);
  return speed;
}
