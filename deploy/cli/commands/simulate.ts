// `winnow simulate`: which traces of captures, or of a running Winnow, a configuration would keep, before it is in force.
import { existsSync, readFileSync } from 'node:fs';
import { compareRuns } from '#collector/simulate/compare.ts';
import { simulate } from '#collector/simulate/simulate.ts';
import type { SimulatedTrace } from '#collector/simulate/simulate-own.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';
import { DEFAULT_SIMULATED_TRACES, MAX_SIMULATED_TRACES } from '#proto/api/simulate.ts';
import { parseDurationMs } from '#proto/config/units.ts';
import { readCapture } from '../../replay/read/read-capture.ts';
import { UsageError, type Command, type CommandInput } from '../command.ts';
import { positiveInteger } from '../parse-arguments.ts';
import { askServer } from '../simulate/ask-server.ts';
import { comparisonText } from '../simulate/comparison-text.ts';
import { servicesText, summaryText } from '../simulate/summary.ts';
import { readTriedConfig } from '../simulate/tried-config.ts';

/** More spans than fit a machine's memory anyway; rows that are not used cost nothing. */
const SPAN_CAPACITY = 8_000_000;
/** Lines written at a time. */
const LINES_PER_WRITE = 512;
const DEFAULT_SINCE = '1h';
const USAGE = 'winnow simulate --config FILE CAPTURE…, or --config FILE --from HOST:PORT';

export const command: Command = {
  name: 'simulate',
  summary: 'Tells which traces of captures, or of a running Winnow, a configuration would keep, and why.',
  about:
    "A Collector's tail_sampling processor is followed exactly; what it would silently take for something else than was written is refused.\n" +
    'Every trace is decided whole, as if its spans had arrived together. With --json there is one line per trace, sorted by id:\n' +
    '{trace_id, decision, rule, threshold, weight, spans, trigger}; rule is null when none matched, threshold is 14 hex digits (null\n' +
    "where nothing is kept: keep 0%, or no rule), weight is null for a dropped trace. With the Collector's gate usetracestate, kept traces\n" +
    'also have tracestates: [span id, outgoing tracestate] of every span; without it their threshold and weight are unknown, null.\n' +
    'With --before two configurations are compared: what each keeps per rule and per service, and which traces would be newly lost or\n' +
    'kept; with --from the configuration is compared with what a running Winnow kept (before: exact, by its decision log; after: estimated\n' +
    'from stored traces, with standard errors). Then --json prints one object, the answer of POST /api/simulate (docs/simulate.md).',
  operands: '--config FILE (CAPTURE… | --from HOST:PORT)',
  options: {
    config: {
      value: 'FILE',
      about: "Winnow's own configuration, or an OpenTelemetry Collector's with a tail_sampling processor",
    },
    before: { value: 'FILE', about: 'the configuration to compare with, of either kind' },
    from: {
      value: 'HOST:PORT',
      about: 'the query address of a running Winnow (http://… is understood too), instead of captures',
    },
    since: { value: 'DURATION', about: 'with --from: how far to look back', defaultText: DEFAULT_SINCE },
    limit: {
      value: 'N',
      about: `with --from: most stored traces to decide again, at most ${MAX_SIMULATED_TRACES}`,
      defaultText: String(DEFAULT_SIMULATED_TRACES),
    },
    'feature-gates': { value: 'A,B', about: "the Collector's feature gates that are switched on" },
    json: { about: 'JSON instead of tables' },
  },
  async run({ operands, options }, { stdout, stderr, signal }) {
    const { config, before, from } = options;
    if (typeof config !== 'string') throw new UsageError(`no configuration given: ${USAGE}`);
    if (operands.length === 0 && from === undefined) throw new UsageError(`no capture given: ${USAGE}`);
    if (operands.length > 0 && from !== undefined)
      throw new UsageError(
        `--from asks a running Winnow, so captures beside it are one too many: ${operands.join(' ')}`,
      );
    if (typeof before === 'string' && from !== undefined)
      throw new UsageError('--from compares with what was kept; leave --before away, or simulate on a capture');
    for (const file of operands) if (!existsSync(file)) throw new UsageError(`no such file: ${file}`);
    const gates = gatesOf(options['feature-gates']);
    const tried = readTriedConfig(config, gates);
    if (typeof from === 'string') {
      const answer = await askServer(
        from,
        { config: readFileSync(config, 'utf8'), feature_gates: gates, ...bounds(options) },
        signal,
      );
      stdout.write(options['json'] === true ? `${JSON.stringify(answer)}\n` : comparisonText(answer));
      return 0;
    }
    const old = typeof before === 'string' ? readTriedConfig(before, gates) : undefined;
    const traces = await readTraces(operands, stderr);
    const decided = simulate(traces, tried);
    if (old !== undefined) {
      const comparison = compareRuns(traces, simulate(traces, old), decided);
      stdout.write(options['json'] === true ? `${JSON.stringify(comparison)}\n` : comparisonText(comparison));
    } else if (options['json'] === true) writeLines(stdout, decided);
    else stdout.write(`${summaryText(decided)}\n${servicesText(traces, decided)}`);
    return 0;
  },
};

async function readTraces(files: readonly string[], stderr: NodeJS.WritableStream): Promise<WholeTraces> {
  const traces = new WholeTraces(SPAN_CAPACITY);
  for (const file of files) {
    for await (const request of readCapture(file))
      if (request.signal === 'traces') traces.add(Buffer.from(request.bytes));
  }
  if (traces.malformedRequests + traces.rejectedSpans > 0) {
    stderr.write(
      `left out, as the collector would: ${traces.malformedRequests} malformed requests, ${traces.rejectedSpans} spans with bad ids or times\n`,
    );
  }
  return traces;
}

function gatesOf(written: string | boolean | undefined): string[] {
  return typeof written === 'string' ? written.split(',').map((gate) => gate.trim()) : [];
}

function bounds(options: CommandInput['options']): { since_ms: number; limit: number } {
  const since = parseDurationMs(String(options['since'] ?? DEFAULT_SINCE));
  if (since === undefined || since < 1000)
    throw new UsageError(
      `--since is "${String(options['since'])}", but must be a duration of at least 1s, as 30m or 6h`,
    );
  const limit = positiveInteger(options, 'limit', DEFAULT_SIMULATED_TRACES);
  if (limit > MAX_SIMULATED_TRACES)
    throw new UsageError(`--limit is ${limit}, but may be at most ${MAX_SIMULATED_TRACES}`);
  return { since_ms: since, limit };
}

function writeLines(stdout: NodeJS.WritableStream, decided: readonly SimulatedTrace[]): void {
  for (let i = 0; i < decided.length; i += LINES_PER_WRITE) {
    stdout.write(
      decided
        .slice(i, i + LINES_PER_WRITE)
        .map((trace) => `${JSON.stringify(trace)}\n`)
        .join(''),
    );
  }
}
