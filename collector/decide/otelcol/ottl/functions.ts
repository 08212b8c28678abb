// OTTL functions that conditions may call. Those that need a clock of their own, chance, or a library of patterns (UUID, UserAgent,
// ExtractGrokPatterns, XML) are refused by name when the configuration is read.
import { COLLECTION_FUNCTIONS } from './functions/collections.ts';
import { HASH_FUNCTIONS } from './functions/hashes.ts';
import type { OttlFunction } from './functions/ottl-function.ts';
import { PATTERN_FUNCTIONS } from './functions/patterns.ts';
import { TEXT_FUNCTIONS } from './functions/texts.ts';
import { TIME_FUNCTIONS } from './functions/times.ts';
import { TYPE_FUNCTIONS } from './functions/types.ts';

/** By name. IsRootSpan is a path in disguise and lives with the paths. */
export const FUNCTIONS: Readonly<Record<string, OttlFunction>> = {
  ...TYPE_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...TIME_FUNCTIONS,
  ...HASH_FUNCTIONS,
  ...COLLECTION_FUNCTIONS,
  ...PATTERN_FUNCTIONS,
};
