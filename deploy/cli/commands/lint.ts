// `winnow lint`: what in a configuration is valid but probably not meant.
import { existsSync } from 'node:fs';
import { lintRules, type LintFinding } from '#collector/decide/lint-rules.ts';
import { readCapture } from '../../replay/read/read-capture.ts';
import { UsageError, type Command } from '../command.ts';
import { readOwnConfig, type OwnConfig } from '../simulate/own-rules.ts';
import { simulateOwn } from '#collector/simulate/simulate-own.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';

/** More spans than fit a machine's memory anyway; rows that are not used cost nothing. */
const SPAN_CAPACITY = 8_000_000;

export const command: Command = {
  name: 'lint',
  summary: 'Points out what in a configuration is valid but probably not meant.',
  about: 'With captures it also names the rules that match none of their traces. Exit code 0 = nothing found, 1 = findings, 2 = not valid.',
  operands: '[CAPTURE…]',
  options: {
    config: { value: 'FILE', about: 'the configuration to look at' },
    json: { about: 'one JSON line per finding: {path, message, remedy}' },
  },
  async run({ operands, options }, { stdout }) {
    const file = options['config'];
    if (typeof file !== 'string') throw new UsageError('no configuration given: winnow lint --config FILE');
    for (const path of [file, ...operands]) if (!existsSync(path)) throw new UsageError(`no such file: ${path}`);
    const own = readOwnConfig(file);
    const findings = [...lintRules(own.config.sampling.rules ?? [{ name: 'default keep', keep: '100%' }]), ...lintWait(own)];
    if (operands.length > 0) findings.push(...(await neverMatched(own, operands)));
    for (const finding of findings) {
      stdout.write(options['json'] === true ? `${JSON.stringify(finding)}\n` : `${file}: ${finding.path}: ${finding.message}; ${finding.remedy}\n`);
    }
    if (findings.length === 0 && options['json'] !== true) stdout.write(`${file}: nothing to point out\n`);
    return findings.length === 0 ? 0 : 1;
  },
};

function lintWait({ config }: OwnConfig): LintFinding[] {
  const { quiet, after_root: afterRoot, max } = config.sampling.wait;
  const findings: LintFinding[] = [];
  if (afterRoot > max) findings.push({ path: 'sampling.wait.after_root', message: 'is longer than max and never comes to act', remedy: 'make it shorter than max' });
  if (quiet > afterRoot) findings.push({ path: 'sampling.wait.quiet', message: 'is longer than after_root, so complete traces wait longer than incomplete ones', remedy: 'make it shorter than after_root' });
  return findings;
}

async function neverMatched({ rules }: OwnConfig, captures: readonly string[]): Promise<LintFinding[]> {
  const traces = new WholeTraces(SPAN_CAPACITY);
  for (const file of captures) {
    for await (const request of readCapture(file)) if (request.signal === 'traces') traces.add(Buffer.from(request.bytes));
  }
  const matched = new Set(simulateOwn(traces, rules).map((trace) => trace.rule));
  const unmatched = rules.names.slice(0, rules.noRule).flatMap((name, i) => (matched.has(name) ? [] : [{ name, i }]));
  return unmatched.map(({ name, i }) => ({
    path: `sampling.rules[${i}]`,
    message: `rule \`${name}\` matches none of the ${traces.ids().length} traces of the captures`,
    remedy: 'see whether its keys, types and values occur (winnow show)',
  }));
}
