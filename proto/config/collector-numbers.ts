// Numbers and times of YAML as the Collector's reader takes them, where they differ from YAML 1.2: 1_000, 0b101, and 017 in octal;
// a day as 2024-01-31 is a time, not a text.
import type { ScalarTag } from 'yaml';

const UINT64_MAX = (1n << 64n) - 1n;
const INT64_MIN = -(1n << 63n);
const INT = /^[-+]?(?:0b_*[01][01_]*|0o_*[0-7][0-7_]*|0x_*[0-9a-fA-F][0-9a-fA-F_]*|[0-9][0-9_]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/;
const TIME =
  /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ ]+)\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:[ ]*(?:Z|[-+]\d{1,2}(?::?\d\d)?))?)?$/;

/** An int64 or uint64 as a bigint; what is larger, or no octal for all its leading 0, is a float. */
const int: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  identify: (value) => typeof value === 'bigint',
  test: INT,
  resolve(text) {
    const digits = text.replaceAll('_', '');
    const sign = /^[-+]/.test(digits) ? digits[0]! : '';
    const size = digits.slice(sign.length);
    const octal = /^0[0-7]+$/.test(size);
    if (/^0[0-9]+$/.test(size) && !octal) return Number(digits);
    const value = BigInt(octal ? `0o${size.slice(1)}` : size) * (sign === '-' ? -1n : 1n);
    return value >= INT64_MIN && value <= UINT64_MAX ? value : Number(value);
  },
};
const float: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: (value) => typeof value === 'number',
  test: FLOAT,
  resolve: (text) => Number(text.replaceAll('_', '')),
};
const time: ScalarTag = {
  tag: 'tag:yaml.org,2002:timestamp',
  default: true,
  identify: (value) => value instanceof Date,
  test: TIME,
  resolve: (text) => new Date(text),
};

/** Before the tags of YAML 1.2, which keep what these leave. */
export const COLLECTOR_TAGS: readonly ScalarTag[] = [int, float, time];
