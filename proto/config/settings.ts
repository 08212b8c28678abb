// The flat list of settings behind the schema: key, flag and variable of each, for reading, for --help and for the documentation.
import { membersOf } from '#proto/model/untyped.ts';
import { z } from 'zod';
import type { LeafMeta } from './leaf.ts';
import { configSchema, type Config } from './schema.ts';

export interface Setting extends LeafMeta {
  /** `buffer.max_bytes` */
  readonly key: string;
  /** `--buffer.max_bytes` */
  readonly flag: string;
  /** `WINNOW_BUFFER_MAX_BYTES` */
  readonly variable: string;
}

/** Prefix of every variable. */
export const VARIABLE_PREFIX = 'WINNOW_';

function variableOf(key: string): string {
  return VARIABLE_PREFIX + key.replaceAll('.', '_').toUpperCase();
}

/** The object schema inside a group (`listen`, `sampling.wait`), or undefined when it is a setting. */
function groupShape(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const inner = schema instanceof z.ZodPrefault ? schema.def.innerType : schema;
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}

function collect(schema: z.core.$ZodType, key: string, into: Setting[], groups: Set<string>): void {
  const shape = groupShape(schema);
  if (shape !== undefined) {
    groups.add(key);
    for (const [name, inner] of Object.entries(shape))
      collect(inner, key === '' ? name : `${key}.${name}`, into, groups);
    return;
  }
  const described = schema instanceof z.ZodType ? (schema.meta() as unknown as LeafMeta | undefined) : undefined;
  if (described === undefined) throw new Error(`setting ${key} is not described`);
  into.push({
    key,
    flag: `--${key}`,
    variable: variableOf(key),
    type: described.type,
    default: described.default,
    reload: described.reload,
    description: described.description,
  });
}

const settings: Setting[] = [];
const groups = new Set<string>();
collect(configSchema, '', settings, groups);

/** All settings in the order of the schema. */
export const SETTINGS: readonly Setting[] = settings;
/** All groups, '' included. */
export const GROUPS: ReadonlySet<string> = groups;

/** Whether query is who puts a changed value in force. */
export function isOfQuery(key: string): boolean {
  return key === 'alertmanagers' || key.startsWith('rules.');
}

/** Value of a setting, by its key; undefined where none was written and there is no default. */
export function valueOf(config: Config, key: string): unknown {
  let value: unknown = config;
  for (const part of key.split('.')) value = membersOf(value)[part];
  return value;
}
