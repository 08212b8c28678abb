// Comparisons on fields that have a few fixed words (status, kind): a table from code to 1 or 0.
import { configError, type ConfigError } from '#proto/config/config-error.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';
import { parseComparisons } from './comparison.ts';

/** @returns entry i is 1 when the field may have the code of words[i] */
export function compileWordTest(
  written: unknown,
  words: readonly string[],
  path: string,
  errors: ConfigError[],
): Uint8Array | undefined {
  const comparisons = parseComparisons(written, path, errors);
  if (comparisons === undefined) return undefined;
  const allowed = new Uint8Array(256);
  for (let code = 0; code < words.length; code++) allowed[code] = 1;
  for (const { operator, operands } of comparisons) {
    if (operator !== '=' && operator !== '!=' && operator !== 'in') {
      errors.push(
        configError(
          path,
          written,
          `cannot be compared with ${operator}`,
          `write one or a list of: ${words.join(', ')}`,
        ),
      );
      return undefined;
    }
    const named = operands.map((operand) => words.indexOf(operand.text.toLowerCase()));
    const stranger = operands[named.indexOf(-1)];
    if (stranger !== undefined) {
      errors.push(configError(path, stranger.text, 'is no such word', didYouMean(stranger.text, words)));
      return undefined;
    }
    for (let code = 0; code < words.length; code++) if (named.includes(code) === (operator === '!=')) allowed[code] = 0;
  }
  return allowed;
}
