// `winnow test-rules`: runs unit tests of rules on simulated time; what `promtool test rules` does.
import { UsageError, type Command } from '../command.ts';
import { featuresOf, ruleOptions } from '../rules/rule-options.ts';
import { testFile } from '../rules/test-file.ts';

const EXIT_DONE = 0;
const EXIT_FAILED = 1;

export const command: Command = {
  name: 'test-rules',
  summary: 'Runs unit tests of recording and alerting rules, as promtool test rules does.',
  about:
    'Time is simulated, no Winnow needs to run. docs/rules-and-alerts.md describes the files.\n' +
    'The exit code is 0 where all tests pass, 1 where one fails; what was expected and what came is printed.',
  operands: 'FILE…',
  options: { run: { value: 'PATTERN', about: 'only tests whose name matches the regular expression' }, ...ruleOptions },
  async run({ operands, options }, { stdout, stderr, signal }) {
    if (operands.length === 0) throw new UsageError('no file given: winnow test-rules FILE…');
    const features = featuresOf(options);
    const pattern = options['run'];
    const ignoreUnknownFields = options['ignore-unknown-fields'] === true;
    let failed = false;
    for (const file of operands) {
      const result = await testFile(
        file,
        { features, pattern: typeof pattern === 'string' ? pattern : undefined, ignoreUnknownFields },
        signal,
      );
      for (const warning of result.warnings) stderr.write(`  WARNING: ${warning}\n`);
      if (result.failures.length === 0) {
        stdout.write('  SUCCESS\n\n');
        continue;
      }
      failed = true;
      stderr.write('  FAILED:\n');
      for (const failure of result.failures) {
        stderr.write(`${failure}\n`);
        stdout.write('\n');
      }
      stdout.write('\n');
    }
    return failed ? EXIT_FAILED : EXIT_DONE;
  },
};
