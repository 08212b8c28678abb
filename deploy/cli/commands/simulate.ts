// `winnow simulate`: which traces of captures a configuration would keep, before it is in force.
import { existsSync } from 'node:fs';
import { readCapture } from '../../replay/read/read-capture.ts';
import { UsageError, type Command } from '../command.ts';
import { readCollectorConfig } from '../simulate/collector-policies.ts';
import { readOwnConfig } from '../simulate/own-rules.ts';
import { simulateOwn, type SimulatedTrace } from '#collector/simulate/simulate-own.ts';
import { simulateCollector } from '#collector/simulate/simulate-collector.ts';
import { summaryText } from '../simulate/summary.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';

/** More spans than fit a machine's memory anyway; rows that are not used cost nothing. */
const SPAN_CAPACITY = 8_000_000;
/** Lines written at a time. */
const LINES_PER_WRITE = 512;

export const command: Command = {
  name: 'simulate',
  summary: 'Tells which traces of captures a configuration would keep, and why.',
  about:
    "A Collector's tail_sampling processor is followed exactly; what it would silently take for something else than was written is refused.\n" +
    'Every trace is decided whole, as if its spans had arrived together. With --json there is one line per trace, sorted by id:\n' +
    '{trace_id, decision, rule, threshold, weight, spans, trigger}; rule is null when none matched, threshold is 14 hex digits (null\n' +
    "where nothing is kept: keep 0%, or no rule), weight is null for a dropped trace. With the Collector's gate usetracestate, kept traces\n" +
    'also have tracestates: [span id, outgoing tracestate] of every span; without it their threshold and weight are unknown, null.',
  operands: 'CAPTURE…',
  options: {
    config: { value: 'FILE', about: "Winnow's own configuration, or an OpenTelemetry Collector's with a tail_sampling processor" },
    'feature-gates': { value: 'A,B', about: "the Collector's feature gates that are switched on" },
    json: { about: 'one JSON line per trace instead of the summary' },
  },
  async run({ operands, options }, { stdout, stderr }) {
    const config = options['config'];
    if (typeof config !== 'string') throw new UsageError('no configuration given: winnow simulate --config FILE CAPTURE…');
    if (operands.length === 0) throw new UsageError('no capture given: winnow simulate --config FILE CAPTURE…');
    for (const file of [config, ...operands]) if (!existsSync(file)) throw new UsageError(`no such file: ${file}`);
    const policies = readCollectorConfig(config, gates(options['feature-gates']));
    const own = policies === undefined ? readOwnConfig(config) : undefined;
    const traces = new WholeTraces(SPAN_CAPACITY);
    for (const file of operands) {
      for await (const request of readCapture(file)) if (request.signal === 'traces') traces.add(Buffer.from(request.bytes));
    }
    if (traces.malformedRequests + traces.rejectedSpans > 0) {
      stderr.write(`left out, as the collector would: ${traces.malformedRequests} malformed requests, ${traces.rejectedSpans} spans with bad ids or times\n`);
    }
    const decided = policies === undefined ? simulateOwn(traces, own!.rules) : simulateCollector(traces, policies);
    if (options['json'] === true) writeLines(stdout, decided);
    else stdout.write(summaryText(decided));
    return 0;
  },
};

function gates(written: string | boolean | undefined): readonly string[] {
  return typeof written === 'string' ? written.split(',').map((gate) => gate.trim()) : [];
}

function writeLines(stdout: NodeJS.WritableStream, decided: readonly SimulatedTrace[]): void {
  for (let i = 0; i < decided.length; i += LINES_PER_WRITE) {
    stdout.write(decided.slice(i, i + LINES_PER_WRITE).map((trace) => `${JSON.stringify(trace)}\n`).join(''));
  }
}
