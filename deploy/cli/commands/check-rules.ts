// `winnow check-rules`: whether files of rules can be loaded, and what is wrong with them; what `promtool check rules` does.
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { duplicateRulesText } from '#query/rules/duplicate-rules.ts';
import { parseRuleFile, problemText, type ParseOptions } from '#query/rules/parse-rule-file.ts';
import { UsageError, type Command, type CommandContext } from '../command.ts';
import { featuresOf, ruleOptions } from '../rules/rule-options.ts';

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
/** With --lint-fatal: nothing is wrong, but something is odd. */
const EXIT_LINT = 3;

const LINTS = ['all', 'duplicate-rules', 'none'];

export const command: Command = {
  name: 'check-rules',
  summary: 'Checks files of recording and alerting rules, as promtool check rules does.',
  about:
    'Without FILE the rules are read from standard input. Everything that is wrong is listed at once, with file, line, column, group and rule.\n' +
    'The exit code is 0 where all files can be loaded, 1 where one cannot, and with --lint-fatal 3 where a file has duplicate rules.',
  operands: '[FILE…]',
  options: {
    lint: { value: LINTS.join('|'), about: 'what is looked at beyond errors', defaultText: 'duplicate-rules' },
    'lint-fatal': { about: 'duplicate rules are an error, exit code 3' },
    'legacy-names': { about: 'names of metrics and labels as before Prometheus 3: letters, digits, underscores' },
    ...ruleOptions,
  },
  async run({ operands, options }, context) {
    const lint = String(options['lint'] ?? 'duplicate-rules');
    if (!LINTS.includes(lint)) throw new UsageError(`--lint is "${lint}", but must be one of ${LINTS.join(', ')}`);
    const parsing: ParseOptions = {
      features: featuresOf(options).language,
      names: options['legacy-names'] === true ? 'legacy' : 'utf8',
      ignoreUnknownFields: options['ignore-unknown-fields'] === true,
    };
    const withLint = lint !== 'none';
    const results: FileResult[] = [];
    if (operands.length === 0) {
      context.stdout.write('Checking standard input\n');
      results.push(check('standard input', await buffer(process.stdin), parsing, withLint, context));
    }
    for (const file of operands) {
      context.stdout.write(`Checking ${file}\n`);
      results.push(checkFile(file, parsing, withLint, context));
    }
    if (results.includes('failed')) return EXIT_FAILED;
    return results.includes('lint') && options['lint-fatal'] === true ? EXIT_LINT : EXIT_DONE;
  },
};

type FileResult = 'good' | 'lint' | 'failed';

function checkFile(file: string, options: ParseOptions, withLint: boolean, context: CommandContext): FileResult {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    context.stderr.write(`  FAILED:\n${file}: ${error instanceof Error ? error.message : String(error)}\n`);
    return 'failed';
  }
  return check(file, bytes, options, withLint, context);
}

function check(
  name: string,
  bytes: Uint8Array,
  options: ParseOptions,
  withLint: boolean,
  { stdout, stderr }: CommandContext,
): FileResult {
  const { file, problems, warnings } = parseRuleFile(name, bytes, options);
  for (const warning of warnings) stderr.write(`  WARNING: ${warning}\n`);
  if (file === undefined) {
    stderr.write(`  FAILED:\n${problems.map((problem) => `${problemText(problem)}\n`).join('')}`);
    return 'failed';
  }
  const duplicates = withLint ? duplicateRulesText(file) : undefined;
  if (duplicates === undefined) {
    const rules = file.groups.reduce((total, group) => total + group.rules.length, 0);
    stdout.write(`  SUCCESS: ${rules} rules found\n\n`);
    return 'good';
  }
  stderr.write(`  FAILED:\n${duplicates}\n`);
  stdout.write('\n');
  return 'lint';
}
