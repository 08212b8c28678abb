// A Collector's tail_sampling block on its way to the setting sampling.tail_sampling, in whichever of three ways it is given: under
// `sampling:`, at the top of Winnow's own file, or in a Collector's file. The block is read as the Collector reads its YAML.
import { isCollectorFile, parseCollectorYaml, TAIL_SAMPLING, takeTailSampling } from './collector-file.ts';
import { configError, type ConfigError, type Result } from './config-error.ts';
import { expandVariables } from './expand-variables.ts';
import type { Config } from './schema.ts';

type Tree = Record<string, unknown>;

export interface PlacedTree {
  /** With the block, if any, under sampling.tail_sampling. */
  readonly tree: Tree;
  /** Where the block was written. */
  readonly blockPath: string;
  readonly notices: readonly string[];
}

export interface PlacedFrom {
  /** Of the text in messages. */
  readonly name: string;
  /** Processor of a Collector's file asked for by name, '' = the one in use. */
  readonly wanted: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const SETTING = `sampling.${TAIL_SAMPLING}`;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param tree of the text, as Winnow reads it */
export function placeTailSampling(
  tree: Tree,
  text: string,
  { name, wanted, env }: PlacedFrom,
): Result<PlacedTree, readonly ConfigError[]> {
  if (isCollectorFile(tree)) {
    const read = parseCollectorYaml(text);
    const taken = takeTailSampling(isTree(read) ? read : {}, name, wanted);
    if (!taken.ok) return taken;
    const errors: ConfigError[] = [];
    const block = expandVariables(taken.value.block, taken.value.path, env, errors);
    if (errors.length > 0) return { ok: false, error: errors.map((error) => ({ ...error, source: name })) };
    return {
      ok: true,
      value: {
        tree: { sampling: { [TAIL_SAMPLING]: block } },
        blockPath: taken.value.path,
        notices: [taken.value.notice],
      },
    };
  }
  const { [TAIL_SAMPLING]: atTop, ...rest } = tree;
  const sampling = isTree(tree['sampling']) ? tree['sampling'] : undefined;
  const isAtTop = TAIL_SAMPLING in tree;
  const isInside = (sampling?.[TAIL_SAMPLING] ?? undefined) !== undefined;
  if (!isAtTop && !isInside) return { ok: true, value: { tree, blockPath: SETTING, notices: [] } };
  if (isAtTop && isInside)
    return {
      ok: false,
      error: [configError(TAIL_SAMPLING, undefined, `stands beside ${SETTING}`, 'write the block once', name)],
    };
  const read = parseCollectorYaml(text);
  const whole = isTree(read) ? read : {};
  // An empty block is one without policies: there, too, it keeps nothing.
  const block = isAtTop
    ? atTop === null
      ? {}
      : whole[TAIL_SAMPLING]
    : isTree(whole['sampling'])
      ? whole['sampling'][TAIL_SAMPLING]
      : undefined;
  const blockPath = isAtTop ? TAIL_SAMPLING : SETTING;
  const errors: ConfigError[] = [];
  const expanded = expandVariables(block, blockPath, env, errors);
  if (errors.length > 0) return { ok: false, error: errors.map((error) => ({ ...error, source: name })) };
  return {
    ok: true,
    value: { tree: { ...rest, sampling: { ...sampling, [TAIL_SAMPLING]: expanded } }, blockPath, notices: [] },
  };
}

/** What cannot be in force together with policies. */
export function besideTailSampling({ sampling }: Config, blockPath: string): ConfigError[] {
  if (sampling.tail_sampling === undefined) return [];
  const remedy = `keep one of the two: ${blockPath} decides by a Collector's policies, rules by Winnow's own`;
  const beside: readonly string[] = [
    ...(['rules', 'budget', 'floor'] as const).filter((key) => sampling[key] !== undefined),
    ...(sampling.linked === 'own' ? [] : ['linked']),
  ];
  return beside.map((key) => configError(`sampling.${key}`, undefined, `stands beside ${blockPath}`, remedy));
}
