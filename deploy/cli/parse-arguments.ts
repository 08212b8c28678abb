// Splits the words of a command line by a command's described options; unknown options are answered with the nearest known.

import { UsageError, type Command, type CommandInput, type OptionValues } from './command.ts';
import { nearestKey } from '#proto/config/nearest-key.ts';

/**
 * Parses the words after the command's name: `--name value`, `--name=value`, switches, `--no-name` for a switch, operands.
 * @throws UsageError naming the word and what would be right
 */
export function parseArguments(command: Command, words: string[]): CommandInput {
  const options: OptionValues = {};
  const operands: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') return checked(command, { operands, options, rest: words.slice(i + 1) });
    if (!word.startsWith('--')) {
      operands.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const negated = name.startsWith('no-') && command.options[name] === undefined ? name.slice(3) : undefined;
    const option = command.options[negated ?? name];
    if (option === undefined || (negated !== undefined && option.value !== undefined)) throw unknown(command, name);
    if (option.value === undefined) {
      if (equals >= 0)
        throw new UsageError(`--${name} is a switch and takes no value, but got "${word.slice(equals + 1)}"`);
      options[negated ?? name] = negated === undefined;
      continue;
    }
    const value = equals >= 0 ? word.slice(equals + 1) : words[++i];
    if (value === undefined || value === '') throw new UsageError(`--${name} needs a value: --${name} ${option.value}`);
    options[name] = value;
  }
  return checked(command, { operands, options, rest: [] });
}

function checked(command: Command, input: CommandInput): CommandInput {
  const extra = input.operands[0];
  if (command.operands === '' && extra !== undefined)
    throw new UsageError(`winnow ${command.name} takes options only, but got "${extra}"`);
  return input;
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
