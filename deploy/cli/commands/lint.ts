// `winnow lint`: what in a configuration is valid but probably not meant.
import { existsSync, readFileSync } from 'node:fs';
import { inForce } from '#collector/decide/rules/compile-rules.ts';
import { lintRules, type LintFinding } from '#collector/decide/rules/lint-rules.ts';
import { lintPolicies } from '#collector/decide/otelcol/lint/lint-policies.ts';
import { biggestTrace } from '#collector/simulate/biggest-trace.ts';
import type { TriedConfig } from '#collector/simulate/compile-config.ts';
import { neverVoting } from '#collector/simulate/never-voting.ts';
import { simulateOwn } from '#collector/simulate/simulate-own.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';
import { parseConfig } from '#proto/config/load.ts';
import type { Config } from '#proto/config/schema.ts';
import { readCapture } from '../../replay/read/read-capture.ts';
import { UsageError, type Command } from '../command.ts';
import { readTriedConfig } from '../simulate/tried-config.ts';

/** A configuration of Winnow's own, not a Collector's. */
type OwnRules = Extract<TriedConfig, { kind: 'own' }>;

/** More spans than fit a machine's memory anyway; rows that are not used cost nothing. */
const SPAN_CAPACITY = 8_000_000;

export const command: Command = {
  name: 'lint',
  summary: 'Points out what in a configuration is valid but probably not meant.',
  about:
    "Of Winnow's own rules, or of a Collector's tail_sampling policies with their known traps. With captures it also names what matches none\n" +
    'of their traces, and bursts below the biggest of them. Exit code 0 = nothing found, 1 = findings, 2 = not valid.',
  operands: '[CAPTURE…]',
  options: {
    config: { value: 'FILE', about: "the configuration to look at, Winnow's own or a Collector's" },
    json: { about: 'one JSON line per finding: {path, message, remedy}' },
  },
  async run({ operands, options }, { stdout }) {
    const file = options['config'];
    if (typeof file !== 'string') throw new UsageError('no configuration given: winnow lint --config FILE');
    for (const path of [file, ...operands]) if (!existsSync(path)) throw new UsageError(`no such file: ${path}`);
    const tried = readTriedConfig(file);
    const traces = operands.length === 0 ? undefined : await read(operands);
    const findings = tried.kind === 'own' ? lintOwn(tried, traces) : lintCollector(file, traces);
    for (const finding of findings) {
      stdout.write(
        options['json'] === true
          ? `${JSON.stringify(finding)}\n`
          : `${file}: ${finding.path}: ${finding.message}; ${finding.remedy}\n`,
      );
    }
    if (findings.length === 0 && options['json'] !== true) stdout.write(`${file}: nothing to point out\n`);
    return findings.length === 0 ? 0 : 1;
  },
};

async function read(captures: readonly string[]): Promise<WholeTraces> {
  const traces = new WholeTraces(SPAN_CAPACITY);
  for (const file of captures) {
    for await (const request of readCapture(file))
      if (request.signal === 'traces') traces.add(Buffer.from(request.bytes));
  }
  return traces;
}

function lintOwn(own: OwnRules, traces: WholeTraces | undefined): LintFinding[] {
  const findings = [...lintRules(inForce(own.config.sampling).rules ?? []), ...lintWait(own.config)];
  if (traces !== undefined) findings.push(...lintBudget(own.config, traces), ...neverMatched(own, traces));
  return findings;
}

function lintCollector(file: string, traces: WholeTraces | undefined): LintFinding[] {
  const parsed = parseConfig(readFileSync(file, 'utf8'), file);
  if (!parsed.ok) return [];
  const { config, blockPath } = parsed.value;
  const block = config.sampling.tail_sampling;
  if (traces === undefined) return lintPolicies(block, { path: blockPath });
  const biggest = biggestTrace(traces);
  return [...lintPolicies(block, { path: blockPath, biggest }), ...neverVoting(block, blockPath, traces)];
}

function lintWait({ sampling }: Config): LintFinding[] {
  const { quiet, after_root: afterRoot, max } = sampling.wait;
  const findings: LintFinding[] = [];
  if (afterRoot > max)
    findings.push({
      path: 'sampling.wait.after_root',
      message: 'is longer than max and never comes to act',
      remedy: 'make it shorter than max',
    });
  if (quiet > afterRoot)
    findings.push({
      path: 'sampling.wait.quiet',
      message: 'is longer than after_root, so complete traces wait longer than incomplete ones',
      remedy: 'make it shorter than after_root',
    });
  return findings;
}

/** A window that one trace uses up. */
function lintBudget({ sampling }: Config, traces: WholeTraces): LintFinding[] {
  const perSecond = sampling.budget?.spans_per_second;
  const { spans } = biggestTrace(traces);
  if (perSecond === undefined || perSecond >= spans) return [];
  return [
    {
      path: 'sampling.budget.spans_per_second',
      message: `\`${perSecond}\` is less than the ${spans} spans of the biggest trace of the captures: one such trace takes the budget of ${Math.ceil(spans / perSecond)} s`,
      remedy: `write ${spans} or more`,
    },
  ];
}

function neverMatched({ rules }: OwnRules, traces: WholeTraces): LintFinding[] {
  const matched = new Set(simulateOwn(traces, rules).map((trace) => trace.rule));
  const unmatched = rules.names.slice(0, rules.noRule).flatMap((name, i) => (matched.has(name) ? [] : [{ name, i }]));
  return unmatched.map(({ name, i }) => ({
    path: `sampling.rules[${i}]`,
    message: `rule \`${name}\` matches none of the ${traces.ids().length} traces of the captures`,
    remedy: 'see whether its keys, types and values occur (winnow show)',
  }));
}
