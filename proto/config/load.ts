// Defaults, file, variables and flags become one configuration, by one rule: key a.b = flag --a.b=VALUE = variable WINNOW_A_B.
// Flags win over variables, variables over the file. Pure: the file is read by the caller.
import { isRecord } from '#proto/model/untyped.ts';
import { distance } from 'fastest-levenshtein';
import { LineCounter, parse, parseDocument } from 'yaml';
import type { z } from 'zod';
import { configError, type ConfigError, type Result } from './config-error.ts';
import { parseCollectorYaml } from './collector-file.ts';
import { besideTailSampling, placeTailSampling } from './place-tail-sampling.ts';
import { didYouMean } from './nearest-key.ts';
import { configSchema, type Config } from './schema.ts';
import { GROUPS, SETTINGS, VARIABLE_PREFIX, type Setting } from './settings.ts';
import { pathParts, pathText, sourceOf } from './source-of.ts';

export interface ConfigInput {
  /** Arguments after the command, as process.argv.slice(2). */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a file. @throws Error with the system's message */
  readonly readFile: (path: string) => string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Where sampling.tail_sampling was written, for messages of whoever compiles it. */
  readonly blockPath: string;
  /** What of a Collector's file is used and what is not; for the log. */
  readonly notices: readonly string[];
  /** Line of the file, flag or variable that a path comes from. */
  readonly sourceOf: (path: string) => string;
  /** The file that was read; undefined without one. */
  readonly file: string | undefined;
  /** The file that was given says nothing: no text, or comments only. */
  readonly isEmptyFile: boolean;
  /** What looks like a mistake but may be another program's business. */
  readonly warnings: readonly string[];
  /** `--help` was among the flags. */
  readonly help: boolean;
}

/** Variables of other programs that mean a setting too. */
const FOREIGN_VARIABLES: Readonly<Record<string, string>> = { CLICKHOUSE_URL: 'clickhouse.url' };
/** Variables of ours that are no settings. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(['WINNOW_CONFIG', 'WINNOW_SHARED_DATA']);
/** Flags that are called otherwise than their settings: the Collector's own. */
const FLAG_NAMES: Readonly<Record<string, string>> = { feature_gates: 'sampling.feature_gates' };
const SETTING_BY_KEY: ReadonlyMap<string, Setting> = new Map(SETTINGS.map((setting) => [setting.key, setting]));
const KEYS: readonly string[] = SETTINGS.map((setting) => setting.key);
/** A variable this near to one of ours counts as a misspelling of it. */
const MISSPELT_VARIABLE_EDITS = 3;

interface Given {
  readonly key: string;
  readonly text: string;
  readonly source: string;
}

/** Every error at once, in the order flags, file, values; the caller prints them with formatConfigError and exits 2. */
export function loadConfig(input: ConfigInput): Result<LoadedConfig, readonly ConfigError[]> {
  const flags = readFlags(input.argv);
  const file = flags.file ?? input.env['WINNOW_CONFIG'];
  const errors: ConfigError[] = [...flags.errors];
  let text = '';
  if (file !== undefined && file !== '') {
    try {
      text = input.readFile(file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      errors.push(
        configError('', undefined, `cannot read ${file}: ${reason}`, 'give an existing file with --config FILE'),
      );
    }
  }
  const variables = readVariables(input.env);
  const loaded = parseConfig(text, file ?? '', { given: [...variables.given, ...flags.given], env: input.env });
  if (!loaded.ok) errors.push(...loaded.error);
  if (errors.length > 0 || !loaded.ok) return { ok: false, error: errors };
  const isEmptyFile = file !== undefined && file !== '' && loaded.value.isEmpty;
  const warnings = isEmptyFile
    ? [...variables.warnings, `${file} is empty: every setting has its default; write {} into it if that is meant`]
    : variables.warnings;
  const { isEmpty: _, ...value } = loaded.value;
  return { ok: true, value: { ...value, file, isEmptyFile, warnings, help: flags.help } };
}

export type ParsedConfig = Pick<LoadedConfig, 'config' | 'blockPath' | 'notices' | 'sourceOf'> & {
  /** There is no setting in it, not even `{}`. */
  readonly isEmpty: boolean;
};

/** Settings laid over a text, later ones winning, and the variables that a Collector's file may refer to. */
export interface Surroundings {
  readonly given?: readonly Given[];
  readonly env?: ConfigInput['env'];
}

/**
 * A YAML text: Winnow's own, or an OpenTelemetry Collector's (known by `processors:`), of which the tail_sampling processor is used.
 * @param name of the text in messages, such as its file name
 */
export function parseConfig(
  text: string,
  name: string,
  { given = [], env = {} }: Surroundings = {},
): Result<ParsedConfig, readonly ConfigError[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const line = lines.linePos(broken.pos[0]).line;
    return {
      ok: false,
      error: [
        configError(
          '',
          undefined,
          `is no valid YAML: ${broken.message.split('\n')[0]!}`,
          'mend the file at this line',
          `${name}:${line}`,
        ),
      ],
    };
  }
  let tree: unknown;
  let isEmpty = false;
  try {
    const written: unknown = document.toJS();
    tree = written ?? {};
    isEmpty = saysNothing(written) && !isExplicitlyEmpty(written);
  } catch (error) {
    return {
      ok: false,
      error: [
        configError(
          '',
          undefined,
          `refers to itself too often: ${error instanceof Error ? error.message : String(error)}`,
          'write out what the aliases (*name) stand for',
          name,
        ),
      ],
    };
  }
  if (!isRecord(tree)) {
    return {
      ok: false,
      error: [configError('', tree, 'is no map of settings', 'write keys such as `listen:` at the top', name)],
    };
  }
  const wanted = given.findLast(({ key }) => key === 'sampling.processor')?.text ?? '';
  const placed = placeTailSampling(tree, text, { name, wanted, env });
  if (!placed.ok) return { ok: false, error: placed.error };
  const root = dropEmptyGroups(placed.value.tree);
  const sources = new Map<string, string>();
  for (const one of given) {
    place(root, one.key.split('.'), valueOf(one));
    sources.set(one.key, one.source);
  }
  const source = (path: readonly PropertyKey[]): string => sourceOf(path, sources, { document, lines, name });
  const parsed = configSchema.safeParse(root);
  if (!parsed.success)
    return { ok: false, error: parsed.error.issues.flatMap((issue) => explain(issue, root, source)) };
  const { blockPath, notices } = placed.value;
  const sourceOfText = (path: string): string => source(pathParts(path));
  const conflicts = besideTailSampling(parsed.data, blockPath).map((error) => ({
    ...error,
    source: sourceOfText(error.path),
  }));
  if (conflicts.length > 0) return { ok: false, error: conflicts };
  return { ok: true, value: { config: parsed.data, blockPath, notices, sourceOf: sourceOfText, isEmpty } };
}

/** Nothing, or keys with nothing behind them: what is left of a file that was cut short. */
function saysNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && !Array.isArray(value) && Object.values(value).every(saysNothing);
}

/** `{}`: somebody wrote that there is no setting. */
function isExplicitlyEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** `listen:` with nothing under it is YAML null; it means the defaults. */
function dropEmptyGroups(tree: Record<string, unknown>, prefix = ''): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(tree)) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if (value === null && (GROUPS.has(key) || SETTING_BY_KEY.has(key))) continue;
    kept[name] = GROUPS.has(key) && isRecord(value) ? dropEmptyGroups(value, key) : value;
  }
  return kept;
}

function blockOf(text: string): unknown {
  try {
    return parseCollectorYaml(text);
  } catch {
    return text;
  }
}

/** Text settings are used as they are written; structure is read as YAML flow style. */
function valueOf(given: Given): unknown {
  const type = SETTING_BY_KEY.get(given.key)?.type ?? 'text';
  if (type === 'tail_sampling block') return blockOf(given.text);
  const structured = type.startsWith('list') || type.startsWith('map') || type === 'budget' || type === 'floor';
  if (!structured || (type !== 'list of rules' && !/^\s*[[{]/.test(given.text))) return given.text;
  try {
    const value: unknown = parse(given.text);
    return value;
  } catch {
    return given.text;
  }
}

function place(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let node = tree;
  for (const name of path.slice(0, -1)) {
    const inner = node[name];
    const next = isRecord(inner) ? inner : {};
    node[name] = next;
    node = next;
  }
  node[path.at(-1)!] = value;
}

function readFlags(argv: readonly string[]): {
  given: Given[];
  errors: ConfigError[];
  file: string | undefined;
  help: boolean;
} {
  const given: Given[] = [];
  const errors: ConfigError[] = [];
  let file: string | undefined;
  let help = false;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === '--help' || word === '-h') {
      help = true;
      continue;
    }
    if (!word.startsWith('--')) {
      errors.push(configError(word, undefined, 'is no setting', 'write settings as --KEY=VALUE; see --help'));
      continue;
    }
    const cut = word.indexOf('=');
    const name = (cut < 0 ? word.slice(2) : word.slice(2, cut)).replaceAll('-', '_');
    const key = FLAG_NAMES[name] ?? name;
    if (key !== 'config' && !SETTING_BY_KEY.has(key)) {
      errors.push(configError(`--${key}`, undefined, 'is no setting', didYouMean(key, ['config', ...KEYS])));
      if (cut < 0 && argv[i + 1]?.startsWith('--') === false) i++;
      continue;
    }
    let text = cut < 0 ? undefined : word.slice(cut + 1);
    if (text === undefined && SETTING_BY_KEY.get(key)?.type === 'true or false') text = 'true';
    if (text === undefined) text = argv[++i];
    if (text === undefined) {
      errors.push(configError(`--${key}`, undefined, 'has no value', `write --${key}=VALUE`));
    } else if (key === 'config') {
      file = text;
    } else {
      given.push({ key, text, source: `--${key}` });
    }
  }
  return { given, errors, file, help };
}

function readVariables(env: ConfigInput['env']): { given: Given[]; warnings: string[] } {
  const given: Given[] = [];
  for (const [variable, key] of Object.entries(FOREIGN_VARIABLES)) {
    const text = env[variable];
    if (text !== undefined && text !== '') given.push({ key, text, source: variable });
  }
  for (const setting of SETTINGS) {
    const text = env[setting.variable];
    if (text !== undefined) given.push({ key: setting.key, text, source: setting.variable });
  }
  const known = new Set(SETTINGS.map((setting) => setting.variable));
  const warnings: string[] = [];
  for (const name of Object.keys(env)) {
    if (!name.startsWith(VARIABLE_PREFIX) || known.has(name) || OTHER_VARIABLES.has(name)) continue;
    const near = [...known].find((variable) => distance(name, variable) <= MISSPELT_VARIABLE_EDITS);
    if (near !== undefined) warnings.push(`variable ${name} is no setting and was ignored: did you mean ${near}?`);
  }
  return { given, warnings };
}

function lookUp(tree: unknown, path: readonly PropertyKey[]): unknown {
  let node = tree;
  for (const part of path) {
    if (typeof node !== 'object' || node === null) return undefined;
    node = Object.getOwnPropertyDescriptor(node, part)?.value;
  }
  return node;
}

/** An unknown key gives one error each; anything else one, with the words of the schema after the first colon as remedy. */
function explain(
  issue: z.core.$ZodIssue,
  tree: unknown,
  source: (path: readonly PropertyKey[]) => string,
): ConfigError[] {
  if (issue.code === 'unrecognized_keys') {
    const group = pathText(issue.path);
    const siblings = SETTINGS.filter((one) => group === '' || one.key.startsWith(`${group}.`));
    const names = [
      ...new Set(siblings.map((one) => (group === '' ? one.key : one.key.slice(group.length + 1)).split('.')[0]!)),
    ];
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const remedy = didYouMean(key, group === '' ? [...names, ...KEYS.filter((one) => one.includes('.'))] : names);
      return configError(
        pathText(path),
        undefined,
        'is no setting',
        remedy.startsWith('valid') ? `valid here: ${names.join(', ')}` : remedy,
        source(path),
      );
    });
  }
  const path = pathText(issue.path);
  const setting = SETTING_BY_KEY.get(path);
  const text = innermost(issue);
  const cut = text.indexOf(': ');
  const message = cut < 0 ? (text.startsWith('Invalid') ? 'is not valid' : text) : text.slice(0, cut);
  const fallback =
    setting === undefined
      ? 'see docs/configuration.md'
      : `write ${setting.type}${setting.default === '' ? '' : `, as ${setting.default}`}`;
  const remedy =
    cut < 0 || text.startsWith('Invalid') ? (text.startsWith('write') ? text : fallback) : text.slice(cut + 2);
  const problem = message.startsWith('write') || text.startsWith('Invalid') ? 'is not valid' : message;
  return [configError(path, lookUp(tree, issue.path), problem, remedy, source(issue.path))];
}

/** The message of ours inside a union's issues, where there is one. */
function innermost(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issue.message;
  const own = issue.errors.flat().find((inner) => !inner.message.startsWith('Invalid'));
  return own?.message ?? issue.message;
}
