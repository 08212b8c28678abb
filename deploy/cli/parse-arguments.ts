// Splits the words of a command line by a command's described options; unknown options are answered with the nearest known.
import { parseArgs } from 'node:util';
import { UsageError, type Command, type CommandInput, type OptionValues } from './command.ts';
import { nearestKey } from '#proto/config/nearest-key.ts';

/**
 * Parses the words after the command's name: `--name value`, `--name=value`, switches, `--no-name` for a switch, operands.
 * @throws UsageError naming the word and what would be right
 */
export function parseArguments(command: Command, words: string[]): CommandInput {
  const end = words.indexOf('--');
  const { tokens } = parseArgs({
    args: end < 0 ? words : words.slice(0, end),
    options: Object.fromEntries(
      Object.entries(command.options).map(([name, { value }]) => [
        name,
        { type: value === undefined ? 'boolean' : 'string' },
      ]),
    ),
    allowNegative: true,
    allowPositionals: true,
    strict: false, // an unknown option gets an answer of ours
    tokens: true,
  });
  const input: CommandInput = { operands: [], options: {}, rest: end < 0 ? [] : words.slice(end + 1) };
  for (const token of tokens) {
    if (token.kind === 'positional') input.operands.push(token.value);
    if (token.kind === 'option') input.options[token.name] = valueOf(command, token);
  }
  const [extra] = input.operands;
  if (command.operands === '' && extra !== undefined)
    throw new UsageError(`winnow ${command.name} takes options only, but got "${extra}"`);
  return input;
}

/** What parseArgs found of an option: `rawName` as it was written, `name` without its `no-`. */
interface Found {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function valueOf(command: Command, { name, rawName, value }: Found): string | boolean {
  const option = command.options[name];
  const isNegated = rawName === `--no-${name}`;
  const written = rawName.replace(/^--?/, '');
  if (option === undefined || (isNegated && option.value !== undefined)) throw unknown(command, written);
  if (option.value !== undefined) {
    if (value === undefined || value === '') throw new UsageError(`--${name} needs a value: --${name} ${option.value}`);
    return value;
  }
  if (value !== undefined) throw new UsageError(`--${written} is a switch and takes no value, but got "${value}"`);
  return !isNegated;
}

function unknown(command: Command, name: string): UsageError {
  const close = nearestKey(name, Object.keys(command.options));
  const hint = close === undefined ? '' : ` Did you mean --${close}?`;
  return new UsageError(`winnow ${command.name} knows no option --${name}.${hint}`);
}

/**
 * A positive whole number from an option, or the fallback when it was not given.
 * @throws UsageError naming option and value
 */
export function positiveInteger(options: OptionValues, name: string, fallback: number): number {
  const given = options[name];
  if (given === undefined) return fallback;
  const number = Number(given);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new UsageError(`--${name} is "${String(given)}", but must be a whole number of at least 1`);
  return number;
}
