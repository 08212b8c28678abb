// Reads a Collector configuration's YAML as it does: merge keys are followed, and integers keep all their 64 bits.
import { parse } from 'yaml';

/** @throws YAMLParseError */
export function parseCollectorYaml(text: string): unknown {
  return parse(text, { intAsBigInt: true, merge: true }) as unknown;
}
