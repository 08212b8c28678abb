// `winnow demo`: starts Winnow and sends it the traffic of an invented shop, or only sends.

import { breakCauses, type BreakCause } from '../../demo/scenarios.ts';
import { driveShop } from '../../demo/drive-shop.ts';
import { createShop } from '../../demo/shop.ts';
import { startServer } from '../../demo/start-server.ts';
import { createOtlpClient } from '../../replay/otlp-client.ts';
import { ProgressBar } from '../../replay/progress-bar.ts';
import { UsageError, type Command, type OptionValues } from '../command.ts';
import { endpointOf, isListening, protocolOf, sendingOptions } from '../endpoint-option.ts';
import { nearestKey } from '#proto/config/nearest-key.ts';
import { positiveInteger } from '../parse-arguments.ts';

const DEFAULT_RATE = 1000;
const DEFAULT_CONCURRENCY = 8;
/** Largest batch; slower shops send smaller ones so that traffic flows instead of coming in gusts. */
const MOST_SPANS_PER_ROUND = 2000;
/** Rounds per second aimed at. */
const ROUNDS_PER_SECOND = 4;

const unitsMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export const command: Command = {
  name: 'demo',
  summary:
    'Live traffic of a shop of sixteen services on two hosts: HTTP, gRPC, databases, a queue, retries, errors, logs and metrics.',
  about:
    'Sends to the Winnow that listens at --endpoint. Where nothing listens, one is started; words after -- go to it as its options.\nThe last line of output is JSON {spans, traces, requests, refused, seconds}.',
  operands: '',
  options: {
    rate: {
      value: 'SPANS|max',
      about: 'spans per second, or as many as the receiver takes',
      defaultText: String(DEFAULT_RATE),
    },
    duration: { value: 'TIME', about: 'how long, e.g. 30s or 5m', defaultText: 'until Ctrl-C' },
    seed: {
      value: 'N',
      about: 'the same seed draws the same traces, ids included',
      defaultText: 'another one each time, so that no run repeats the ids of an earlier one',
    },
    break: { value: breakCauses.join('|'), about: 'break something in the shop', defaultText: 'nothing' },
    server: {
      about: 'start Winnow first (--no-server: only send)',
      defaultText: 'on where nothing listens at the endpoint',
    },
    concurrency: { value: 'N', about: 'requests in flight', defaultText: String(DEFAULT_CONCURRENCY) },
    ...sendingOptions,
  },
  async run({ options, rest }, { stdout, stderr, env, signal }) {
    const protocol = protocolOf(options);
    if (protocol === 'http/json') throw new UsageError('the demo sends protobuf: --protocol grpc or http/protobuf');
    const configured = endpointOf(options, protocol, env);
    const rate = rateOf(options);
    const broken = causeOf(options);
    const seed = positiveInteger(options, 'seed', 1 + (Date.now() % 1_000_000_000));
    const concurrency = positiveInteger(options, 'concurrency', DEFAULT_CONCURRENCY);
    const durationMs = durationOf(options);
    const spansPerBatch =
      rate === 'max'
        ? MOST_SPANS_PER_ROUND
        : Math.max(1, Math.min(MOST_SPANS_PER_ROUND, Math.round(rate / ROUNDS_PER_SECOND)));
    const shop = createShop({ seed, spansPerBatch, ...(broken !== undefined && { broken }) });
    const stop = new AbortController();
    const stopped = AbortSignal.any([signal, stop.signal]);
    const isStarted = options['server'] === undefined && rest.length === 0 && (await isListening(configured));
    const server = options['server'] === false || isStarted ? undefined : await startServer(rest, signal);
    void server?.exited.then(() => stop.abort());
    const listening = server?.addresses[protocol === 'grpc' ? 'otlp_grpc' : 'otlp_http'];
    const endpoint = options['endpoint'] === undefined && listening !== undefined ? listening : configured;
    const client = createOtlpClient({ endpoint, protocol, signal: stopped });
    const bar = new ProgressBar(stderr);
    try {
      stderr.write(
        `${isStarted ? `demo: a server listens at ${endpoint} already, so none is started (--server starts one)\n` : ''}demo: ${rate === 'max' ? 'as many spans as are taken' : `${rate} spans/s`} to ${endpoint} over ${protocol}${broken === undefined ? '' : `, broken: ${broken}`}\n`,
      );
      const { failures, ...totals } = await driveShop({
        shop,
        client,
        spansPerSecond: rate,
        durationMs,
        concurrency,
        signal: stopped,
        onProgress: ({ spans }) => bar.show(spans, 0, 'spans sent'),
      });
      bar.clear();
      for (const failure of failures) stderr.write(`refused: ${failure}\n`);
      stdout.write(`${JSON.stringify(totals)}\n`);
      const serverCode = (await server?.stop()) ?? 0;
      return failures.length === 0 && serverCode === 0 ? 0 : 1;
    } finally {
      bar.clear();
      client.close();
      await server?.stop();
    }
  },
};

function rateOf(options: OptionValues): number | 'max' {
  return options['rate'] === 'max' ? 'max' : positiveInteger(options, 'rate', DEFAULT_RATE);
}

function causeOf(options: OptionValues): BreakCause | undefined {
  const given = options['break'];
  if (given === undefined) return undefined;
  const cause = breakCauses.find((name) => name === given);
  if (cause !== undefined) return cause;
  const close = nearestKey(String(given), breakCauses);
  throw new UsageError(
    `--break is "${String(given)}", but must be one of ${breakCauses.join(', ')}${close === undefined ? '' : ` (${close}?)`}`,
  );
}

function durationOf(options: OptionValues): number {
  const given = options['duration'];
  if (given === undefined) return 0;
  const match = /^(?<count>\d+(?:\.\d+)?)(?<unit>ms|s|m|h)$/u.exec(String(given));
  const ms = Number(match?.groups?.['count']) * (unitsMs[match?.groups?.['unit'] ?? ''] ?? Number.NaN);
  if (!(ms > 0)) throw new UsageError(`--duration is "${String(given)}", but must be a time such as 30s or 5m`);
  return ms;
}
