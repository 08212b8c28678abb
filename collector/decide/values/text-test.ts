// Comparisons on texts that are bytes: equality byte by byte, regular expressions with RE2 (linear time), anchored at both ends.
import { RE2JS } from 're2js';
import { configError, type ConfigError } from '#proto/config/config-error.ts';
import type { Comparison } from './comparison.ts';

/** HOT. Whether bytes[start, end) meets the comparison. */
export type TextTest = (bytes: Uint8Array, start: number, end: number) => boolean;

/** `=`, `!=`, `in` with strings, and `matches`; undefined (with an error) for anything else. */
export function compileTextTest(comparison: Comparison, path: string, errors: ConfigError[]): TextTest | undefined {
  const { operator, operands } = comparison;
  const text = operands[0]!.text;
  if (operator === 'matches') return compileRegex(text, path, errors);
  if (operator === '=' || operator === '!=') {
    const wanted = Buffer.from(text);
    return operator === '='
      ? (bytes, start, end) => equalBytes(bytes, start, end, wanted)
      : (bytes, start, end) => !equalBytes(bytes, start, end, wanted);
  }
  if (operator === 'in') {
    const wanted = operands.map((operand) => Buffer.from(operand.text));
    return (bytes, start, end) => {
      for (let i = 0; i < wanted.length; i++) if (equalBytes(bytes, start, end, wanted[i]!)) return true;
      return false;
    };
  }
  errors.push(
    configError(
      path,
      `${operator} ${text}`,
      'is no comparison for text',
      'write a text, a list of texts, or matches with a regular expression',
    ),
  );
  return undefined;
}

export function compileRegex(pattern: string, path: string, errors: ConfigError[]): TextTest | undefined {
  try {
    const compiled = RE2JS.compile(pattern);
    return (bytes, start, end) => compiled.testExact(bytes.subarray(start, end));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    errors.push(
      configError(
        path,
        pattern,
        `is no RE2 regular expression: ${reason}`,
        'mend the pattern; RE2 has no look-around and no back-references',
      ),
    );
    return undefined;
  }
}

/** HOT. */
export function equalBytes(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  if (end - start !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}
